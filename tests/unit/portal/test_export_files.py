"""Marketplaces' export files, as they really are laid out: which orders they say are cancelled, and what is not read.

The data is invented; the layouts are those of the marketplaces, of spreadsheets that saved them again, and of programs
that wrote them badly.
"""

import base64
import csv
import io
import itertools
from typing import Any, Literal, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_cancellation.domain.refusals import InvalidRequest
from order_cancellation.http import parse
from tests.unit.portal.conftest import Run

MODULE = "../tests/unit/portal/reading.mjs"


class Read(Protocol):
    """What the reconcile page makes of a file."""

    def __call__(self, file: str | bytes, **options: Any) -> Any: ...


@pytest.fixture(scope="session")
def read(run: Run) -> Read:
    def reading(file: str | bytes, **options: Any) -> Any:
        data = file if isinstance(file, bytes) else file.encode()
        argument = {"base64": base64.b64encode(data).decode(), **options}
        return run(MODULE, "module.reading(argument)", argument)

    return reading


def text(*lines: str, end: str = "\n") -> str:
    return "".join(line + end for line in lines)


def reasons(found: Any) -> dict[int, str]:
    """Why a row was left out, by its number."""
    return {row: why for row, _, why in found["leftOut"]}


# ------------------------------------------------------------------------------- a blank that says nothing inherits


@pytest.mark.parametrize(
    ("header", "rows", "cancelled", "open_"),
    [
        (
            "Name,Financial Status,Cancelled at",
            ("#1,voided,2026-11-21 08:12:44 -0500", "#1,,"),
            ["#1"],
            [],
        ),
        (
            "Name,Financial Status,Cancelled at",
            ("#7,,", "#7,refunded,2026-11-20 09:00:00 +0100", "#7,,", "#8,paid,", "#8,,"),
            ["#7"],
            ["#8"],
        ),
        ("Order ID,Order Status", ("A1,Canceled", "A1,", "A2,", "A2,Shipped"), ["A1"], ["A2"]),
        ("Order ID,Order Status", ("A1,Shipped", "A1,Cancelled", "A2,Shipped"), ["A1"], ["A2"]),
        ("Name,Financial Status,Cancelled at", ("#1,paid,", "#1,,", "#2,paid,"), [], ["#1", "#2"]),
    ],
    ids=["the first row only", "the second row only", "a column of words", "any cancelled row", "none at all"],
)
def test_a_blank_inherits(
    header: str, rows: tuple[str, ...], cancelled: list[str], open_: list[str], read: Read
) -> None:
    found = read(text(header, *rows))
    assert found["undecided"] == []
    assert (found["cancelled"], found["open"]) == (cancelled, open_)


def test_rows_that_contradict_each_other_are_named(read: Read) -> None:
    found = read(text("Order ID,Order Status", "A1,Shipped", "A1,Cancelled", "A2,Cancelled", "A2,"))
    assert (found["cancelled"], found["mixed"]) == (["A1", "A2"], ["A1"])


def test_an_order_that_says_nothing_is_decided_by_a_person(read: Read) -> None:
    file = text("Order ID,Order Status", "A1,Cancelled", "A2,")
    assert read(file)["undecided"] == [""]
    decided = read(file, decisions={"": "cancelled"})
    assert decided["cancelled"] == ["A1", "A2"]
    assert read(file, decisions={"": "open"})["open"] == ["A2"]


# --------------------------------------------------------------------------------- rows are neither lost nor shifted

TAB_HEADER = "amazon-order-id\torder-status\tproduct-name\tsku\tquantity"


@pytest.mark.parametrize(
    "rows",
    [
        ("1\tCancelled\tTent\tT\t1", '2\tShipped\t"Alpine tent, green\tA\t1', '3\tCancelled\tRope 1/2"\tR\t2'),
        ('1\tCancelled\t"Big" tent\tT\t1', '2\tShipped\t"Quoted"\tA\t1', '3\tCancelled\t"\tR\t2'),
        ('1\tCancelled\t"a\tT\t1', '2\tShipped\t"b\tA\t1', '3\tCancelled\t"c"\tR\t2'),
        ('1\tCancelled\t"a, ""b"""\tT\t1', '2\tShipped\t"two\nlines"\tA\t1', "3\tCancelled\tc\tR\t2"),
        ('1\tCancelled\t"5""\tT\t1', '2\tShipped\t6"\t"A\t1', '3\tCancelled\t7"\tR\t2'),
        ('1\tCancelled\t"big\tBIG"\t1', "2\tShipped\tb\tB\t1", "3\tCancelled\tc\tC\t1"),
    ],
    ids=["swallowing", "whole", "one closed", "spreadsheet's", "inches", "over two cells"],
)
def test_a_mark_is_a_letter_unless_it_encloses(rows: tuple[str, ...], read: Read) -> None:
    found = read(text(TAB_HEADER, *rows, end="\r\n"))
    assert (found["cancelled"], found["open"], found["leftOut"]) == (["1", "3"], ["2"], [])


def test_a_mark_that_nothing_closes_swallows_nothing(read: Read) -> None:
    found = read(text("Order ID,Title,Status", '1,"Tent,Cancelled', "2,Lamp,Shipped", "3,Rope,Cancelled"))
    assert (found["cancelled"], found["open"]) == (["1", "3"], ["2"])


def test_a_row_with_another_number_of_cells_is_named(read: Read) -> None:
    lines = ("1,Tent,Cancelled", "2,Lamp, green,Shipped", "3,Rope,Cancelled,,", "4,Pegs", "5,Stove,Shipped")
    found = read(text("Order ID,Title,Status", *lines))
    assert (found["cancelled"], found["open"]) == (["1", "3"], ["5"])
    assert reasons(found) == {3: "more cells than the header has", 5: "fewer cells than the header has"}


def test_a_row_without_its_empty_last_cells_is_read(read: Read) -> None:
    found = read(text("Order ID,Status,Note,Gift", "1,Cancelled", "2,Shipped,,yes", "3,Cancelled,x"))
    assert (found["cancelled"], found["open"], found["leftOut"]) == (["1", "3"], ["2"], [])
    assert found["uneven"] == [2, 4], "counted all the same"


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(read: Read) -> None:
    file = text("Orders of November", "", "Order ID,Note,Status", '1,"a\nb",Cancelled', "", ",x,Shipped", end="\r\n")
    assert reasons(read(file)) == {6: "no order id"}


CELLS = st.text(st.sampled_from("ab1 ,;\t\"'\n|é"), max_size=6)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;|"),
    everything=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_proper_writer_writes_is_read_back(
    run: Run, rows: list[list[str]], delimiter: str, everything: bool, end: str
) -> None:
    file = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL
    rows = [["x", *row] for row in rows]  # in no row as many bare separators per line as the header has
    header = ["Order ID", *(f"c{n}" for n in range(2, 18))]
    rows = [row + ["y"] * (len(header) - len(row)) for row in rows]
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([header, *rows])
    found = run("export-orders.js", "module.tableOf(argument).rows.map((row) => row.cells)", file.getvalue())
    assert found == [[cell.strip() for cell in row] for row in rows]


HARD = {
    "marks": '"' * 4000,
    "marks and blanks": '" ' * 2000,
    "openings": ',"' * 2000,
    "openings in lines": '"a\n' * 2000,
    "rows as they should be": '1,"a\n2,b\n' * 1000,
    "tabs and marks": '1\t"a\tb\n' * 1500,
    "closed far away": ('"' + "a\n" * 50) * 40,
    "blanks": "a," + " " * 6000,
    "blanks and marks": (" " * 50 + '"') * 100,
    "separators": "," * 6000,
    "doubled": '""' * 3000,
}


@pytest.mark.parametrize("name", HARD)
def test_reading_is_linear(name: str, run: Run) -> None:
    def steps(times: int) -> int:
        body = text("Order ID,Status", "1,Cancelled") + HARD[name] * times
        count: int = run("export-orders.js", "module.tableOf(argument).steps", body)
        return count

    few, many = steps(4), steps(8)
    assert many <= 2.1 * few + 2000
    assert many <= 12 * len(HARD[name]) * 8 + 2000


# --------------------------------------------------------------------------------------------- what certainly is what

CANCELLED = """
    Cancelled canceled CANCELLED CANCELLED_BY_BUYER CancelledBySeller Canceled_by_system
    Storniert storniert Annulliert Annulée annulé ANNULEE Anulado Cancelado Cancelada Annullato Cancellato Geannuleerd
    Anulowane Anulowano Avbruten Annullerad Zrušeno Stornováno キャンセル済み キャンセル済 已取消 订单已取消 訂單已取消
    취소됨 Отменён Peruutettu Annulleret Törölve Anulată Otkazano
"""
CANCELLED_PHRASES = (
    "Cancelled by customer",
    "Order cancelled",
    "Cancelled - refunded",
    "Cancelled on Nov 3",
    "Cancelled 2026-11-21 08:12",
    "Vom Käufer storniert",
    "Annulée par le client",
    "Cancelado por el comprador",
    "Annullato dal venditore",
    "İptal Edildi",
    "Anulowane przez kupującego",
)
DOUBTFUL = """
    CANCEL_PENDING CANCEL_REQUESTED CancelRejected CancelFailed PendingCancellation CancellationRequested Cancelling
    Uncancelled voided Void refunded Returned Expired Closed Rejected Declined キャンセル キャンセル待ち
    キャンセル申請中 取消中 申请取消 未取消 Storno Stornierungsanfrage Cancel Cancellation Unknown 취소요청 취소
"""
DOUBTFUL_PHRASES = (
    "Cancellation declined",
    "Cancellation denied",
    "Cancel requested by buyer",
    "Avoid delay",
    "Not cancelled",
    "Partially cancelled",
    "Partly cancelled",
    "Cancelled?",
    "Cancelled: 0",
    "0 of 3 cancelled",
    "Cancelled payment",
    "Will be cancelled",
    "Cannot be cancelled",
    "Cancelled (pending)",
    "Nicht storniert",
    "Stornierung abgelehnt",
    "Teilweise storniert",
    "Non annulée",
    "Annulation demandée",
    "No cancelado",
    "Cancelación rechazada",
    "Non annullato",
    "Niet geannuleerd",
    "Nie anulowane",
    "Não cancelado",
    "Ej annullerad",
    "Nezrušeno",
    "İptal edilmedi",
    "İptal talebi",
)
OPEN = """
    Shipped Unshipped Pending Delivered Processing Unfulfilled Paid Completed Acknowledged InTransit READY_TO_SHIP
    bezahlt Versendet Zugestellt Expédiée Livré Enviado Entregado Spedito Consegnato Verzonden Geleverd Wysłane
    Zapłacone Entregue Skickad Doručeno 発送済み 未発送 已发货 待发货 已出貨 Kargolandı
"""
OPEN_PHRASES = ("To ship", "Awaiting shipment", "Partially shipped", "In Bearbeitung", "En attente", "Delivered Nov 3")


@pytest.mark.parametrize("state", [*CANCELLED.split(), *CANCELLED_PHRASES])
def test_certainly_cancelled(state: str, read: Read) -> None:
    found = read(text("Order ID;Status", f"1;{state}", "2;Shipped"))
    assert (found["cancelled"], found["undecided"]) == (["1"], [])


@pytest.mark.parametrize("state", [*DOUBTFUL.split(), *DOUBTFUL_PHRASES])
def test_a_person_decides_what_is_not_certain(state: str, read: Read) -> None:
    found = read(text("Order ID;Status", f"1;{state}", "2;Shipped", "3;Cancelled"))
    assert found["undecided"] == [state]
    assert read(text("Order ID;Status", f"1;{state}"), decisions={state: "cancelled"})["cancelled"] == ["1"]


@pytest.mark.parametrize("state", [*OPEN.split(), *OPEN_PHRASES])
def test_certainly_not_cancelled(state: str, read: Read) -> None:
    found = read(text("Order ID;Status", f"1;{state}", "2;Cancelled"))
    assert (found["open"], found["undecided"]) == (["1"], [])


def test_states_that_differ_by_a_date_are_decided_together(read: Read) -> None:
    days = [f"{number};Delivered Nov {number}" for number in range(1, 31)]
    times = [f"{100 + number};Arriving {number}:15" for number in range(10, 24)]
    found = read(text("Order ID;Status", *days, *times, "99;Cancelled Nov 2"))
    assert found["states"] == {"arriving …:…": None, "Cancelled Nov 2": "cancelled", "delivered": "open"}
    assert found["undecided"] == ["arriving …:…"]
    few = read(text("Order ID;Status", "1;100", "2;300", "3;900"))
    assert few["undecided"] == ["100", "300", "900"], "codes are states of their own"
    assert found["undecided"] == ["arriving …:…"]
    assert found["cancelled"] == ["99"]


def test_too_many_states_are_none(read: Read) -> None:
    titles = [f"{number};{a}{b}" for number, (a, b) in enumerate(itertools.product("abcdef", repeat=2))]
    found = read(text("Order ID;Status", *titles))
    assert (found["states"], found["cancelled"]) == (None, [])


@pytest.mark.parametrize(
    "header",
    [
        "Cancelled at",
        "Canceled On",
        "Cancelled Date",
        "Cancelled Time",
        "Date Cancelled",
        "cancellation_date",
        "Storniert am",
        "Stornodatum",
        "Date d’annulation",
        "Annulée le",
        "Fecha de cancelación",
        "Data annullamento",
        "Geannuleerd op",
        "Data anulowania",
        "Cancelado em",
        "キャンセル日時",
        "取消时间",
        "取消時間",
        "İptal Tarihi",
        "Zrušeno dne",
    ],
)
@pytest.mark.parametrize("moment", ["2026-11-21 08:12:44 -0500", "21.11.2026", "Nov 21, 2026 8:12 PM", "2026/11/21"])
def test_filled_means_cancelled_in_a_column_of_when(header: str, moment: str, read: Read) -> None:
    found = read(text(f"Order ID;{header}", f"1;{moment}", "2;"))
    assert (found["state"], found["undecided"]) == (header, [])
    assert (found["cancelled"], found["open"]) == (["1"], ["2"])


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Cancelled at", ("2026-11-21", "no")),
        ("Cancel By Date", ("2026-11-21", "")),
        ("Cancellation deadline date", ("2026-11-21", "")),
        ("Cancellation date", ("2027-01-31", "2027-02-28")),
        ("Cancellation requested at", ("2026-11-21", "")),
        ("Delivered at", ("2026-11-21", "")),
        ("Cancellation reason", ("Out of stock", "")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_filled_means_nothing_elsewhere(header: str, values: tuple[str, str], read: Read) -> None:
    rows = [f"{number};{value};x" for number, value in enumerate(values, 1)]
    found = read(text(f"Order ID;{header};Status", *rows))
    assert found["cancelled"] == []
    assert found["undecided"]


@pytest.mark.parametrize(("header", "yes", "no"), [("Cancelled", "TRUE", "FALSE"), ("Is Canceled", "Yes", "No")])
def test_a_column_that_answers_whether(header: str, yes: str, no: str, read: Read) -> None:
    found = read(text(f"Order ID,{header}", f"1,{yes}", f"2,{no}"))
    assert (found["cancelled"], found["open"], found["undecided"]) == (["1"], ["2"], [])


# -------------------------------------------------------------------------------------- one validation of one value

STRANGE = st.characters() | st.sampled_from(
    "\0\x1a\x1c\x7f\x85\u00a0\u200b\u2028\u2029\ufeff\ufffd\uffff\t\n\r \U0001f600"
)


@given(st.text(STRANGE, max_size=6) | st.text("1a\U0001f600", min_size=126, max_size=130))
def test_an_id_is_refused_here_exactly_where_the_service_refuses_it(run: Run, value: str) -> None:
    try:
        parse.reconciliation({"marketplace": "amazon", "orders": [{"marketplace_order_id": value, "state": "open"}]})
        refused = False
    except InvalidRequest:
        refused = True
    trimmed = value.strip(parse._BLANKS)  # as both do first
    assert (run("export-orders.js", "module.refused(argument)", trimmed) is not None) == refused


@pytest.mark.parametrize("bad", ["a\0b", "a\x1ab", "a\x08", "1\ufffd", "x" * 129, '"1\n2"', "1\x85"], ids=ascii)
def test_what_the_service_would_refuse_is_named(bad: str, read: Read) -> None:
    found = read(text("Order ID,Status", "1,Cancelled", f"{bad},Cancelled", "3,Shipped"))
    assert (found["cancelled"], found["open"], list(reasons(found))) == (["1"], ["3"], [3])


@pytest.mark.parametrize(
    "padding", ["\x1a", "\x08" * 8, "\0" * 16, "\0" * 999, "\n\x1a", "\x04\x04\x04\x04"], ids=ascii
)
def test_what_a_cipher_or_an_old_system_adds_is_no_order(padding: str, read: Read) -> None:
    found = read(text("Status,Order ID", "Cancelled,1", "Shipped,2") + padding)
    assert (found["cancelled"], found["open"], found["leftOut"]) == (["1"], ["2"], [])
    found = read("Status,Order ID\nCancelled,1\nShipped,2" + padding)
    assert found["open"] == ["2"]


@pytest.mark.parametrize(
    "blank", [" ", "\u00a0", "\u200b", "\ufeff", "\t", " \u200b\u00a0", "\u3000", "\u2060"], ids=ascii
)
@pytest.mark.parametrize("place", ["{id}{blank}", "{blank}{id}", '"{id}{blank}"', '="{id}{blank}"', "'{id}{blank}"])
def test_a_blank_around_an_id_is_not_of_it(place: str, blank: str, read: Read) -> None:
    cell = place.format(id="113-1", blank=blank)
    assert read(text("Order ID;Status", f"{cell};Cancelled"))["cancelled"] == ["113-1"]


@pytest.mark.parametrize(
    "footer",
    [
        "12,record(s) downloaded",
        "2,record(s) downloaded,",
        "\n2 records exported",
        "Total,2",
        "\nTotal: 2 orders,,",
        "\nSeller ID : shop,,",
        "\nGenerated on 2026-11-20 10:00",
        "Exported by shop 12,,",
    ],
)
@pytest.mark.parametrize("header", ["Order Number,Status,Buyer,Total", "Record,Order Number,Status,Buyer"])
def test_a_footer_is_no_order(header: str, footer: str, read: Read) -> None:
    rows = [
        ",".join(f"04-0000{n}-0000{n}" if h == "Order Number" else "Shipped" for h in header.split(",")) for n in (1, 2)
    ]
    found = read(text(header, *rows, footer))
    assert found["open"] == ["04-00001-00001", "04-00002-00002"]
    assert list(found["states"]) == ["Shipped"]
    assert len(found["leftOut"]) == 1


def test_a_footer_of_a_narrow_file_is_no_order(read: Read) -> None:
    found = read(text("Order ID,Status", "1001,Shipped", "1002,Cancelled", "", "12,record(s) downloaded"))
    assert (found["cancelled"], found["open"], found["undecided"]) == (["1002"], ["1001"], [])


def test_a_second_row_that_explains_the_columns_is_no_order(read: Read) -> None:
    lines = ("Platform unique order ID.,Current order status.,", "576460752303423488\t,Canceled,", "577\t,To ship,")
    found = read(text("Order ID,Order Status,Cancelled Time", "The id of the order,What it is at,When", *lines))
    assert (found["cancelled"], found["open"]) == (["576460752303423488"], ["577"])
    assert list(reasons(found)) == [2, 3]


@pytest.mark.parametrize("id_", ["1.13E+16", "5,76E+17", "5.76e17", "576000000000000000"])
def test_an_id_that_a_spreadsheet_made_a_number_of_is_named(id_: str, read: Read) -> None:
    found = read(text("Order ID;Status", f"{id_};Cancelled", "577000000000000123;Shipped"))
    assert (found["cancelled"], reasons(found)) == ([], {2: "a spreadsheet made a number of its id"})


# ------------------------------------------------------------------------------------------------- layouts and columns


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\r\n",
        ",,\r\n",
        "sep=,\r\n",
        '"sep=,"\r\n',
        "Orders of November 2026\r\n\r\n",
        "Shop: acme,,\r\nPeriod: 1-30,,\r\n",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
def test_what_stands_above_the_columns(before: str, encoding: str, read: Read) -> None:
    file = before + text("Bestellnummer,Käufer,Status", "1,Jörg,storniert", "2,Zoë,bezahlt", end="\r\n")
    found = read(file.encode(encoding))
    assert (found["cancelled"], found["open"], found["leftOut"]) == (["1"], ["2"], [])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator: str, end: str, read: Read) -> None:
    rows = (("Order ID", "Total", "Status"), ("1", '"1,5"', "Cancelled"), ("2", '"a; b | c"', "Shipped"))
    found = read(text(*(separator.join(row) for row in rows), end=end))
    assert (found["cancelled"], found["open"], found["leftOut"]) == (["1"], ["2"], [])


@pytest.mark.parametrize(
    ("encoding", "header", "cancelled"),
    [
        ("shift_jis", "注文番号,ステータス", "キャンセル済み"),
        ("gb18030", "订单编号,订单状态", "已取消"),
        ("big5", "訂單編號,訂單狀態", "已取消"),
        ("euc-kr", "주문번호,주문상태", "취소완료"),
        ("utf-8", "Číslo objednávky,Stav", "Zrušeno"),
        ("utf-8", "Numer zamówienia,Status zamówienia", "Anulowane"),
        ("utf-8", "Número de pedido,Estado del pedido", "Cancelado"),
        ("utf-8", "Numéro de commande,État", "Annulée"),
        ("utf-8", "Numero ordine,Stato ordine", "Annullato"),
        ("utf-8", "Sipariş Numarası,Sipariş Statüsü", "İptal Edildi"),
        ("utf-8", "Bestelnummer,Status", "Geannuleerd"),
        ("utf-8", "Ordernummer,Orderstatus", "Avbruten"),
        ("utf-8", "Номер заказа,Статус", "Отменён"),
    ],
)
def test_the_languages_of_the_columns(encoding: str, header: str, cancelled: str, read: Read) -> None:
    found = read(text(header, f"1001,{cancelled}", f"1002,{cancelled}").encode(encoding))
    assert [*found["ids"], found["state"]] == header.split(",")
    assert found["cancelled"] == ["1001", "1002"]


def test_one_broken_letter_is_no_other_encoding(read: Read) -> None:
    file = text("注文番号,状態", "1,キャンセル済み", "2,発送済み").encode() + b"3,\xe3\x82"
    found = read(file)
    assert (found["cancelled"], found["undecided"]) == (["1"], ["\ufffd"])


@pytest.mark.parametrize(
    ("headers", "marketplace", "ids", "state"),
    [
        ("amazon-order-id,merchant-order-id,order-status,item-status", "amazon", ["amazon-order-id"], "order-status"),
        ("Name,Email,Financial Status,Fulfillment Status,Cancelled at", "shopify", ["Name"], "Cancelled at"),
        ("PO#,Order#,Ship By,Status", "walmart", ["Order#", "PO#"], "Status"),
        ("Sales Record Number,Order Number,Buyer Note", "ebay", ["Order Number"], None),
        ("ID,Purchase Point,Purchase Date,Status", None, ["ID"], "Status"),
        ("order_id,order_number,order_date,status", None, ["order_id", "order_number"], "status"),
        ("orderItemId,orderNumber,itemName,status", None, ["orderNumber"], "status"),
        ("# de venta,Fecha de venta,Estado,Descripción del estado", None, ["# de venta"], "Estado"),
        ("Référence commande,Date,Etat commande", None, ["Référence commande"], "Etat commande"),
        ("Order ID,Email,Financial Status,Fulfillment Status", None, ["Order ID"], "Fulfillment Status"),
        ("Auftragsnummer,Bestelldatum,Bestellstatus,Zahlungsstatus", None, ["Auftragsnummer"], "Bestellstatus"),
        ("Order ID,Order Status,Cancel reason,Return / Refund Status", None, ["Order ID"], "Order Status"),
        ("Order ID,Order Item ID,Order Date,Order State,Ship State", None, ["Order ID"], "Order State"),
        ("Nummer,Zustand", None, [], "Zustand"),
        ("Online order number,Order line number,Order total,Delivery status", None, ["Online order number"], None),
        ("Customer Order ID,Purchase Order ID,Customer", "walmart", ["Purchase Order ID", "Customer Order ID"], None),
    ],
)  # fmt: skip
def test_columns_are_recognized(
    headers: str, marketplace: str | None, ids: list[str], state: str | None, read: Read
) -> None:
    names = headers.split(",")
    row = ",".join("" if name == "merchant-order-id" else "1" for name in names)
    found = read(text(headers, row, row))
    assert (found["marketplace"], sorted(found["ids"])) == (marketplace, sorted(ids))
    if state is not None or "Delivery status" not in names:
        assert found["state"] == state


def test_when_it_was_cancelled_counts_before_a_word_for_it(read: Read) -> None:
    rows = ("1,Cancelled,2026-11-21", "2,Closed,2026-11-21", "3,Closed,")
    found = read(text("Order ID,Order Status,Cancelled at", *rows))
    assert (found["state"], found["cancelled"], found["open"]) == ("Cancelled at", ["1", "2"], ["3"])


def test_of_two_columns_of_states_the_one_that_says_cancelled_counts(read: Read) -> None:
    found = read(text("Order ID,Status,Order Substatus", "1,Closed,Cancelled", "2,Closed,Delivered"))
    assert (found["state"], found["cancelled"]) == ("Order Substatus", ["1"])


def test_without_a_state_every_row_is_as_a_person_says(read: Read) -> None:
    file = text("amazon-order-id\torder-item-id\tsku", "113-1\t9\tTENT", "113-2\t8\tLAMP")
    assert read(file)["state"] is None
    assert read(file, every="open")["open"] == ["113-1", "113-2"]
    assert read(file, every="cancelled")["cancelled"] == ["113-1", "113-2"]


def test_a_file_without_headers_loses_no_row(read: Read) -> None:
    found = read(text("113-0000001-0000001,Cancelled", "113-0000002-0000002,Shipped"), idColumn="Column 1")
    assert (found["headers"], found["rows"]) == (["Column 1", "Column 2"], 2)


def test_a_list_of_ids_is_a_file(read: Read) -> None:
    found = read(text("Order ID", "113-1", "113-2"), every="cancelled")
    assert found["cancelled"] == ["113-1", "113-2"]


def test_headers_that_are_said_again_are_no_order(read: Read) -> None:
    found = read(text("Order ID,Status", "1,Cancelled", "Order ID,Status", "2,Shipped"))
    assert (found["cancelled"], found["open"], found["leftOut"]) == (["1"], ["2"], [])


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"PK\x03\x04\x14\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (b"%PDF-1.7", "document"),
        (b"\x1f\x8b\x08", "document"),
        (b"<html><table>", "document"),
        (b"\xef\xbb\xbf<?xml version", "document"),
        (b'[{"order_id": 1}]', "document"),
    ],
)
def test_what_is_no_table_of_text(start: bytes, kind: str, read: Read) -> None:
    assert read(start + b" " * 100) == {"unreadable": kind}


@pytest.mark.parametrize("nothing", ["", "\n\n", "Order ID,Status\n", "\ufeff"], ids=ascii)
def test_a_file_without_orders(nothing: str, read: Read) -> None:
    assert read(nothing)["rows"] == 0
