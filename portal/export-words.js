/**
 * What the words in marketplaces' files mean, in the languages that they are written in. Only what is certain is
 * answered; about anything else a person decides.
 */

/** @typedef {"cancelled" | "open"} Meaning */

/** @param {string} text */
const words = (text) => new Set(text.trim().split(/\s+/).map(plain));

/**
 * Small letters without marks, so that "Annulée" and "ANNULEE" are one word.
 * @param {string} text
 */
function plain(text) {
  const bare = text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFC");
  return bare.replaceAll("ı", "i").replaceAll("ł", "l");
}

/**
 * The words of a cell: "CancelRejected", "CANCEL_REJECTED" and "Cancel rejected" are the same two.
 * @param {string} text
 */
function tokens(text) {
  const apart = text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
  return plain(apart).match(/[\p{L}\p{N}]+|\?/gu) ?? [];
}

// "Cancelled", said of an order: the participle, never the noun or the verb, which may as well be a wish.
const CANCELLED = words(`
  cancelled canceled
  storniert stornierte annulliert abgebrochen
  annulé annulée annulés annulées
  cancelado cancelada cancelados canceladas anulado anulada anulados anuladas
  annullato annullata annullati annullate cancellato cancellata stornato stornata
  geannuleerd geannuleerde
  anulowane anulowano anulowany anulowana
  avbruten avbrutet annullerad makulerad avbeställd annulleret annullert kansellert avbestilt peruttu peruutettu
  zrušeno zrušena zrušená zrušené zrušený stornováno stornována stornovaná stornovaný
  törölve törölt anulat anulată otkazano stornirano preklicano
  отменен отменён отменена отменено отмененный скасовано скасований анулиран
  ακυρώθηκε ακυρωμένη ακυρωμένο dibatalkan
  キャンセル済み キャンセル済 キャンセル確定 キャンセル完了 キャンセルされました 注文キャンセル済み 取消済み 取消済
  已取消 订单已取消 訂單已取消 已取消订单 已取消訂單 买家已取消 卖家已取消 買家已取消 賣家已取消
  취소됨 취소완료 주문취소완료 ยกเลิกแล้ว
`);

// Cancelled in two words.
const CANCELLED_PHRASES = ["iptal edildi", "iptal edilmiş", "취소 완료", "đã hủy", "đã huỷ"].map(plain);

// What may stand beside it without changing what it says: by whom, of what, and that the money is back.
const BESIDE = words(`
  by buyer seller customer system merchant admin marketplace shop order the on at auto automatically and refunded fully
  von vom durch käufer käuferin verkäufer kunde kunden kundin bestellung auftrag automatisch am wurde
  par le la l acheteur vendeur client commande automatiquement a été est
  por el o comprador vendedor cliente pedido orden automáticamente automaticamente pelo pela ha sido foi está
  da dal dall acquirente venditore ordine automaticamente è stato stata
  door koper verkoper klant bestelling is
  przez kupującego sprzedającego klienta zamówienie zostało
  av köparen säljaren kunden beställning beställningen
  alıcı satıcı müşteri tarafından sipariş
  zákazníkem kupujícím prodejcem objednávka
  sale purchase transaction vente achat venta compra venda vendita acquisto
  amazon ebay walmart etsy shopify
`);

// Words of which a state is made that is certainly not "cancelled". All words of the state have to be among them.
const OPEN = words(`
  shipped unshipped ship shipping shipment dispatched dispatch delivered delivery undelivered received new open pending
  paid unpaid payment awaiting waiting for to fulfilled unfulfilled fulfillment fulfilment partial partially processing
  processed in progress process transit on the way out acknowledged created confirmed accepted approved completed
  complete ready packed packing picked picking pick up collection invoiced active placed hold sent not yet ok of
  le la el il em am op den dne
  versendet versandt verschickt geliefert zugestellt bezahlt unbezahlt offen neu bearbeitung bestätigt abgeschlossen
  ausgeliefert unterwegs versandbereit ausstehend teilweise noch nicht wartet auf zahlung versand zum bereit
  expédié expédiée livré livrée payé payée en cours attente de traitement préparation nouveau nouvelle confirmé confirmée
  accepté acceptée acceptation terminé terminée à expédier paiement livraison du d
  enviado enviada entregado entregada pagado pagada pendiente nuevo nueva confirmado confirmada proceso procesando
  tránsito completado completada envío pago por camino reparto
  spedito spedita consegnato consegnata pagato pagata attesa nuovo nuova confermato confermata lavorazione transito
  completato completata evaso inevaso di pagamento spedire spedizione
  verzonden geleverd bezorgd betaald nieuw behandeling bevestigd te verzenden voltooid onderweg wacht op betaling
  wysłane wysłano dostarczone doręczone opłacone nieopłacone nowe nowy w realizacji do wysłania zrealizowane
  potwierdzone oczekujące przyjęte spakowane zapłacone
  entregue pago paga pendente novo nova em trânsito enviar processamento concluído faturado aguardando pagamento envio
  skickad levererad betald obetald ny under bekräftad packad afsendt sendt leveret levert betalt lähetetty toimitettu
  maksettu uusi
  odesláno odeslána doručeno doručena zaplaceno zaplacena nové vyřízeno vyřízena zpracování ve přijata přijato
  expedováno expedována připravena nezaplaceno
  kargolandı kargoda kargoya verildi teslim edildi hazırlanıyor yeni onaylandı tamamlandı ödendi beklemede gönderildi
  feladva kiszállítva fizetve új expediat expediată livrat livrată plătit plătită nou nouă
  отправлен отправлено доставлен доставлено оплачен оплачено новый в обработке пути выполнен ожидает
  発送済み 発送済 未発送 出荷済み 出荷済 未出荷 配達済み 配達完了 配送中 発送待ち 発送前 支払い待ち 支払済み 支払済 入金待ち 入金済み
  新規 新規受付 新規注文 処理中 保留中 受注 注文確定
  已发货 未发货 待发货 已付款 待付款 已签收 已完成 运输中 配送中 已送达 处理中 已收货 待收货 已发出
  已出貨 待出貨 未出貨 已送達 已寄出 運送中 處理中 已收貨 待收貨
  배송중 배송완료 결제완료 상품준비중 발송완료 구매확정 배송준비중 신규주문 발송대기
`);

const MONTHS = plain(`
  jan january januar janvier enero ene gennaio gen januari styczen feb february februar février févr fév febrero febbraio
  februari mar march märz mrz mars marzo maart apr april avril avr abril abr aprile may mai mayo maggio mag mei maj jun
  june juni juin junio giugno giu jul july juli juillet juil julio luglio lug aug august août aout agosto ago augustus
  augusti sep sept september septembre septiembre settembre set oct okt ott october oktober octobre octubre ottobre out
  nov november novembre noviembre dec dez dic déc december dezember décembre diciembre dicembre
`)
  .trim()
  .split(/\s+/)
  .join("|");
const DATES = new RegExp(
  [
    String.raw`\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:t(?=\d))?`, // 2026-11-21
    String.raw`\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b`, // 21.11.2026, 11/21/26
    String.raw`\d{4}年\d{1,2}月\d{1,2}日`,
    String.raw`\b\d{1,2}\.?[ -](?:de )?(?:${MONTHS})\.?(?:,? ?(?:de )?-?\d{2,4})?\b`, // 21 Nov 2026, 20-Nov-26
    String.raw`\b(?:${MONTHS})\.?[ -]\d{1,2}(?:st|nd|rd|th)?\b(?:,? ?-?\d{2,4}\b)?`, // Nov 3, Sep-30-26
  ].join("|"),
  "gu",
);
const TIMES =
  /\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\b\.?)?|(?<= )[-+]\d{2}:?\d{2}\b|\b(?:utc|gmt|pst|pdt|est|edt|cst|cdt|mst|mdt|bst|jst|cet|cest)\b|(?<=\d|\s)z\b|[-+]\d{2}:?\d{2}$/gu;
const WEEKDAYS = /\b(?:mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\b/gu;

/**
 * A cell without the dates and times in it, in small letters; and whether there were any.
 * @param {string} cell
 */
function withoutMoments(cell) {
  const text = plain(cell);
  const rest = text.replace(DATES, " ");
  if (rest === text) return { rest: text, dated: false };
  return {
    rest: rest
      .replace(TIMES, " ")
      .replace(WEEKDAYS, " ")
      .replace(/\p{P}+/gu, " ")
      .trim(),
    dated: true,
  };
}

/**
 * Whether a cell is a moment and nothing else.
 * @param {string} cell
 */
export function isMoment(cell) {
  const { rest, dated } = withoutMoments(cell);
  return dated && rest.replace(/[\s\p{S}]+/gu, "") === "";
}

/**
 * Whether a moment is certainly still to come, however its day and month are read.
 * @param {string} cell
 * @param {number} now in milliseconds
 */
export function isToCome(cell, now) {
  const parts = cell.match(/\d+/g) ?? [];
  const year = Number(parts.find((part) => part.length === 4));
  const parsed = Date.parse(cell);
  const day = 24 * 60 * 60 * 1000;
  if (year > new Date(now).getUTCFullYear()) return true;
  return /^\d{4}-|\p{L}/u.test(cell) && parsed > now + day;
}

/**
 * What a state says for certain, or null.
 * @param {string} cell
 * @returns {Meaning | null}
 */
export function meaningOf(cell) {
  const { rest, dated } = withoutMoments(cell.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2"));
  let text = tokens(dated ? rest : cell).join(" ");
  if (CANCELLED_PHRASES.some((phrase) => text.includes(phrase))) {
    for (const phrase of CANCELLED_PHRASES) text = text.replace(phrase, "cancelled");
  }
  const all = text.split(" ").filter(Boolean);
  if (all.length === 0) return null;
  if (all.some((word) => CANCELLED.has(word))) {
    return all.every((word) => CANCELLED.has(word) || BESIDE.has(word)) ? "cancelled" : null;
  }
  return all.every((word) => OPEN.has(word)) ? "open" : null;
}

const YES = words("yes y true 1 x ja oui sí sim tak да はい 是");
const NO = words("no n false 0 nein non não nie nee нет いいえ 否");

/**
 * What a cell says in a column that is called "Cancelled", or null.
 * @param {string} cell
 * @returns {Meaning | null}
 */
export function answerOf(cell) {
  const word = plain(cell.trim());
  if (YES.has(word)) return "cancelled";
  return NO.has(word) ? "open" : meaningOf(cell);
}

/**
 * A state without the dates in it, and where there are many also without numbers: "Delivered Nov 3" and "Delivered
 * Nov 4" are one to decide.
 * @param {string} cell
 * @param {boolean} many
 */
export function groupOf(cell, many) {
  const { rest, dated } = withoutMoments(cell);
  const text = (dated ? rest : plain(cell)).replace(/\s+/g, " ").trim();
  return many ? text.replace(/\p{N}+/gu, "…") : text;
}

// ------------------------------------------------------------------------------------------------- the columns' names

// Best first. Names are compared without case, marks, blanks and punctuation.
const IDS = `
  amazonorderid marketplaceorderid marketplaceordernumber channelorderid orderid ordernumber orderno ordernum ordernr
  ordersn ponumber purchaseorderid purchaseordernumber pono po customerorderid customerordernumber orderreference orderref
  order receiptid saleid id
`
  .trim()
  .split(/\s+/);
const ORDER =
  /order|bestel|venta|venda|vendita|auftrag|commande|pedido|ordine|encomenda|zamowien|objednav|siparis|tilaus|rendeles|comand|narudzb|заказ|замовлен|注文|受注|オーター|订单|訂單|주문/;
const ORDERS = words(
  "bestellung auftrag commande pedido ordine zamówienie objednávka sipariş encomenda 注文 订单 訂單 주문 заказ",
);
const NUMBER = words(`
  id ids number no nr num nummer numero numéro numer number cislo číslo code kod reference referenz réf ref sn key n nº
  numarası no numara номер kodu
`);
const NUMBER_AT_END = /(?:nummer|nr|id|number|番号|番號|编号|編號|号|號|번호|numero|numarasi|no)$/;
const NOT_AN_ID = words(`
  item items line lines position date time datum status state total amount price type qty quantity count source channel
  note notes by artikel article sku url tracking shipment return refund invoice reason value currency weight tax
`);
const STATES = "orderstatus orderstate marketplacestatus status state itemstatus fulfillmentstatus".split(" ");
const STATE = /status|statut|estado|zustand|situacao|ステータス|状態|状态|狀態|상태|статус/;
const STATE_WORDS = words("etat stato stav stan durum durumu state");
const NOT_A_STATE = words(
  "payment shipping refund return tax ship to from country province address stock listing reason",
);
const CANCELLED_NAME =
  /cancell?ed|storniert|annull?[ei]e?|annullato|anulad|cancelad|geannuleerd|anulowan|avbrut|zrusen/;
const CANCELLATION =
  /cancell?ation|storno|stornierung|annulation|cancelacion|anulacion|cancelamento|annullamento|annulering|anulowania|avbestallning|zruseni|iptal|キャンセル|取消/;
const MOMENT =
  /date|time|datum|tijd|zeit|fecha|hora|heure|data|dato|datu|tarih|日時|日付|日|时间|時間|일시|일자|дата|\bat\b|\bon\b|\bam\b|\ble\b|\bel\b|\bil\b|\bem\b|\bop\b|\bden\b|\bdne\b|\bdnia\b/;
const DEADLINE = words(`
  by before until after latest last deadline due if policy window reason bis frist spätestens grund avant limite límite motif
  motivo hasta antes entro scadenza prima voor uiterlijk reden do powód termin před důvod
  request requested requests antrag demande demandée solicitud solicitação richiesta verzoek wniosek begäran talep talebi
`);
const DEADLINE_SIGNS = /期限|締切|截止|理由|原因|申請|申请|請求|依頼/;

/** @param {string} header */
const wordsOf = (header) => tokens(header.replaceAll("#", " no "));

/**
 * How well a column's name fits an order's id: 0 is best, null is not at all.
 * @param {string} header
 * @returns {number | null}
 */
export function idRank(header) {
  const all = wordsOf(header);
  const name = all.join("");
  const listed = IDS.indexOf(name);
  if (listed >= 0) return listed;
  if (!ORDER.test(name) || all.some((word) => NOT_AN_ID.has(word)) || /item|position/.test(name)) return null;
  if (STATE.test(name)) return null;
  if (all.some((word) => NUMBER.has(word)) || NUMBER_AT_END.test(name)) return IDS.length;
  return ORDERS.has(name) ? IDS.length + 1 : null;
}

/**
 * How well a column's name fits an order's state: 0 is best, null is not at all.
 * @param {string} header
 * @returns {number | null}
 */
export function stateRank(header) {
  const name = wordsOf(header).join("");
  const listed = STATES.indexOf(name);
  if (listed >= 0) return listed;
  if (saysCancelled(header) || saysCancelledAt(header)) return STATES.length;
  const all = tokens(header);
  if (!STATE.test(name) && !all.some((word) => STATE_WORDS.has(word))) return null;
  if (all.some((word) => NOT_A_STATE.has(word))) return null;
  return STATES.length + (ORDER.test(name) ? -1 : 1);
}

/**
 * Whether a column's name says "cancelled", and not by when, why or how many.
 * @param {string} header
 */
export function saysCancelled(header) {
  const all = tokens(header);
  return all.some((word) => CANCELLED.has(word)) && all.every((word) => CANCELLED.has(word) || BESIDE.has(word));
}

/**
 * Whether a column's name says that it has the moment at which an order was cancelled.
 * @param {string} header
 */
export function saysCancelledAt(header) {
  const all = tokens(header);
  const text = all.join(" ");
  if (DEADLINE_SIGNS.test(text) || all.some((word) => DEADLINE.has(word))) return false;
  return (CANCELLED_NAME.test(text) || CANCELLATION.test(text)) && MOMENT.test(text);
}
