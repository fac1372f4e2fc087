"""`target-stripe forget`: erases a person from the ledger and from files that were made of it."""

from target_common.forget_cli import forget_command as make_command

from target_stripe.exceptions_cli import COMMANDS
from target_stripe.forgetting import OrderLedgerForgetter

forget_command = make_command(COMMANDS, OrderLedgerForgetter())
