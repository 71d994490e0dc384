"""The operator's commands, all with `--stack`: each says what it does, may be repeated, and ends with a sentence.

    .venv/bin/python -m scripts onboard-seller --stack order-cancellation --seller-id acme --name 'Acme Outdoor' \\
        --email ops@acme.example --time-zone America/Los_Angeles
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import ROOT
from order_cancellation.domain.refusals import Refusal
from scripts import accounts, adopt, after_restore, dashboard, deploy, enter_to_do, publish_portal, repairs
from scripts.stack import Mistake, Stack

Run = Callable[[Stack, argparse.Namespace], None]


def onboard_seller(stack: Stack, chosen: argparse.Namespace) -> None:
    contact = {
        "name": chosen.name,
        "email": chosen.mail_to or chosen.email,
        "time_zone": chosen.time_zone,
        "summaries": chosen.summaries,
    }
    accounts.onboard_seller(stack, chosen.seller_id, chosen.email, contact)
    print(f"{chosen.email} is invited as seller {chosen.seller_id}; its summaries go to {contact['email']}.")


def onboard_center(stack: Stack, chosen: argparse.Namespace) -> None:
    print(json.dumps(accounts.onboard_center(stack, chosen.fc_id), indent=2))


def reinvite(stack: Stack, chosen: argparse.Namespace) -> None:
    accounts.reinvite(stack, chosen.email)
    print(f"{chosen.email} is invited again, with another temporary password.")


def rotate_center(stack: Stack, chosen: argparse.Namespace) -> None:
    made, older = accounts.rotate_center(stack, chosen.fc_id)
    print(json.dumps(made, indent=2))
    for client_id in older:
        print(f"When {chosen.fc_id} uses it: revoke-client --client-id {client_id}", file=sys.stderr)


def rotate_planner(stack: Stack, _: argparse.Namespace) -> None:
    made, older = accounts.rotate_planner(stack)
    print(json.dumps(made, indent=2))
    for client_id in older:
        print(f"When the planner uses it: revoke-client --client-id {client_id}", file=sys.stderr)


def revoke_person(stack: Stack, chosen: argparse.Namespace) -> None:
    accounts.revoke_person(stack, chosen.email)
    print(f"{chosen.email} cannot sign in any more. A token of theirs holds until it expires.")


def revoke_client(stack: Stack, chosen: argparse.Namespace) -> None:
    was = accounts.revoke_client(stack, chosen.client_id)
    print(f"{chosen.client_id} ({was}) gets no token any more. One that it has holds for up to an hour.")


def describe(stack: Stack, _: argparse.Namespace) -> None:
    deploy.describe(stack, ROOT / ".local" / "stack.json")


def destroy(stack: Stack, chosen: argparse.Namespace) -> None:
    deploy.destroy(stack, chosen.confirm)


def put_dashboard(stack: Stack, _: argparse.Namespace) -> None:
    dashboard.put(stack)
    print(f"The dashboard {stack.name} is in CloudWatch.")


def publish(stack: Stack, _: argparse.Namespace) -> None:
    for line in publish_portal.report(stack.client("s3"), stack.outputs, stack.region):
        print(line)


def redrive(stack: Stack, chosen: argparse.Namespace) -> None:
    _say(repairs.redrive(stack, chosen.queue))


def waiting(stack: Stack, chosen: argparse.Namespace) -> None:
    for each in repairs.waiting(stack, chosen.seller_id):
        why = each.get("parked_because") or each.get("bounced_because")
        print(f"{each['seller_id']}  {each['summary_id']}  {each['status']}  waits for {each['waits_for']}  {why}")


def send_again(stack: Stack, chosen: argparse.Namespace) -> None:
    _say(repairs.send_again(stack, chosen.seller_id, chosen.summary_id))


def set_aside(stack: Stack, chosen: argparse.Namespace) -> None:
    _say(repairs.set_aside(stack, chosen.seller_id, chosen.summary_id))


def forget_seller(stack: Stack, chosen: argparse.Namespace) -> None:
    _say(repairs.forget_seller(stack, chosen.seller_id, chosen.write))


def adopted(stack: Stack, chosen: argparse.Namespace) -> None:
    tables = {kind: str(getattr(chosen, kind)) for kind in adopt.TABLES}
    _say(adopt.adopt(stack, tables, chosen.environment == "production"))


def restored(stack: Stack, chosen: argparse.Namespace) -> None:
    _say(after_restore.agree(stack, chosen.restored, chosen.write))


def entered(stack: Stack, chosen: argparse.Namespace) -> None:
    _say(enter_to_do.run(stack, chosen.place, chosen.write))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


_ONE_SUMMARY: dict[str, dict[str, Any]] = {
    "--seller-id": {"required": True},
    "--summary-id": {"help": "that one alone"},
}
_WRITE: dict[str, dict[str, Any]] = {"--write": {"action": "store_true", "help": "do it; otherwise it is only said"}}

COMMANDS: dict[str, tuple[str, Run, dict[str, dict[str, Any]]]] = {
    "onboard-seller": (
        "a person of a seller, and where the seller's summaries go",
        onboard_seller,
        {
            "--seller-id": {"required": True},
            "--email": {"required": True, "help": "the person's, to sign in with"},
            "--name": {"required": True, "help": "the seller's, as the mail says it"},
            "--time-zone": {"required": True, "help": "such as America/Los_Angeles"},
            "--summaries": {"default": "each_batch", "choices": ["each_batch", "daily", "off"]},
            "--mail-to": {"help": "where summaries go, if not to the person"},
        },
    ),
    "onboard-center": (
        "a fulfillment center's client; its secret is printed once",
        onboard_center,
        {"--fc-id": {"required": True}},
    ),
    "reinvite": ("a person whose invitation has expired", reinvite, {"--email": {"required": True}}),
    "rotate-center": (
        "another client for a center; the old one goes on until it is revoked",
        rotate_center,
        {"--fc-id": {"required": True}},
    ),
    "rotate-planner": ("another client for the planner; the old one goes on until it is revoked", rotate_planner, {}),
    "revoke-person": ("a person who has left", revoke_person, {"--email": {"required": True}}),
    "revoke-client": ("a client of a center or of the planner", revoke_client, {"--client-id": {"required": True}}),
    "redrive": (
        "bring back what was given up: stream records, or events of SES",
        redrive,
        {"--queue": {"required": True, "choices": list(repairs.QUEUES)}},
    ),
    "waiting": ("list the summaries that did not reach their seller", waiting, {"--seller-id": {}}),
    "send-again": ("send summaries again that were parked", send_again, _ONE_SUMMARY),
    "set-aside": ("take summaries off the list that a person has told of", set_aside, _ONE_SUMMARY),
    "forget-seller": (
        "delete all that there is of a seller",
        forget_seller,
        {"--seller-id": {"required": True}, **_WRITE},
    ),
    "after-restore": (
        "make the tables agree after one of them was restored",
        restored,
        {"--restored": {"required": True, "choices": ["orders", "summaries"]}, **_WRITE},
    ),
    "adopt": (
        "begin a new stack with tables that a deleted one left, or that were restored",
        adopted,
        {
            **{f"--{kind.replace('_', '-')}": {"required": True, "help": "the table's name"} for kind in adopt.TABLES},
            "--environment": {"default": "production", "choices": ["development", "production"]},
        },
    ),
    "enter-to-do": (
        "let what version 1.0 cancelled enter the index of what is to do",
        entered,
        {"--place": {"type": Path, "default": Path("enter_to_do.json"), "help": "where it keeps its place"}, **_WRITE},
    ),
    "dashboard": ("put the dashboard up in CloudWatch", put_dashboard, {}),
    "publish-portal": ("put the portal's files into the stack's bucket", publish, {}),
    "describe": ("write .local/stack.json, as make up does", describe, {}),
    "destroy": (
        "delete a sandbox with all that it holds",
        destroy,
        {"--confirm": {"default": "", "help": "the stack's name again"}},
    ),
}


def parser() -> argparse.ArgumentParser:
    """What may be typed."""
    made = argparse.ArgumentParser(
        prog="python -m scripts", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = made.add_subparsers(dest="command", required=True)
    commands.add_parser("deploy", help="build, and deploy to AWS").add_argument("--stack", required=True)
    for name, (text, _, options) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--stack", required=True, help="the CloudFormation stack's name")
        for option, settings in options.items():
            command.add_argument(option, **settings)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Returns 0; 1 for a person's mistake or AWS's refusal, with one sentence; argparse itself ends with 2."""
    chosen = parser().parse_args(arguments)
    try:
        if chosen.command == "deploy":
            deploy.deploy(chosen.stack)
        else:
            COMMANDS[chosen.command][1](Stack(chosen.stack), chosen)
    except (Mistake, Refusal, publish_portal.NoPortal) as error:
        print(error, file=sys.stderr)
        return 1
    except ClientError as error:
        said = error.response["Error"]
        print(f"AWS refused {error.operation_name}: {said['Code']}: {said.get('Message', '')}", file=sys.stderr)
        return 1
    except BotoCoreError as error:
        print(f"AWS cannot be reached, or not with these credentials: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where it was.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
