"""How cells of the workbook look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlsxwriter import Workbook
from xlsxwriter.format import Format

DECIMALS = tuple(range(5))
"""Places that ISO 4217's currencies have."""


@dataclass(frozen=True, slots=True)
class Styles:
    """The formats of one workbook.

    Attributes:
        text: keeps what is typed over it a text, so that it never becomes a formula.
        amounts: by the currency's decimals.
        decimals: of each currency.
    """

    title: Format
    heading: Format
    wrapped: Format
    text: Format
    count: Format
    boolean: Format
    moment: Format
    day: Format
    amounts: Mapping[int, Format]
    decimals: Mapping[str, int]

    @classmethod
    def of(cls, workbook: Workbook, decimals: Mapping[str, int]) -> Styles:
        """Make the formats of a workbook.

        Args:
            workbook: that gets them.
            decimals: of each currency in it.
        """
        return cls(
            title=workbook.add_format({"bold": True, "font_size": 16}),
            heading=workbook.add_format({"bold": True, "bottom": 1}),
            wrapped=workbook.add_format({"text_wrap": True, "valign": "top"}),
            text=workbook.add_format({"num_format": "@"}),
            count=workbook.add_format({"num_format": "#,##0"}),
            boolean=workbook.add_format({"align": "left"}),
            moment=workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            day=workbook.add_format({"num_format": "yyyy-mm-dd"}),
            amounts={
                places: workbook.add_format({"num_format": _number(places), "align": "right"})
                for places in DECIMALS
            },
            decimals=decimals,
        )

    def of_cells(self) -> Iterator[Format]:
        """The formats of cells of lists, in the order of `workbook_rows.CellStyles`."""
        yield from (self.text, self.count, self.boolean, self.moment, self.day)
        yield from self.amounts.values()


def _number(places: int) -> str:
    return "#,##0." + "0" * places if places else "#,##0"
