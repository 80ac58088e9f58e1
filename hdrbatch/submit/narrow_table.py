"""Tables that keep their names on narrow terminals."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text


def print_table(console: Console, table: Table) -> None:
    """Print a table, or, if it does not fit, a paragraph for each row: its name, then its other cells.

    A table that is squeezed cuts the names in its first column off.
    """
    if Measurement.get(console, console.options.update(max_width=10_000), table).maximum <= console.width:
        console.print(table)
        return
    if table.title:
        console.print(Text(str(table.title), style="bold"), soft_wrap=True)
    headers = [str(column.header) for column in table.columns]
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        name, *others = map(str, cells)
        console.print(Text(name), soft_wrap=True)
        shown = [f"{header} {cell}" for header, cell in zip(headers[1:], others, strict=True) if cell]
        console.print(Text("  " + ", ".join(shown)))
