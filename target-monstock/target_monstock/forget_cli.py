"""`target-monstock forget`: erases a person from the ledger and from files that were made of it."""

from target_common.forget_cli import forget_command as make_command

from target_monstock.exceptions_cli import COMMANDS
from target_monstock.forgetting import PaymentLedgerForgetter

forget_command = make_command(COMMANDS, PaymentLedgerForgetter())
