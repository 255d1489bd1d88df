"""A command that refuses an option with two values, of which one would be dropped without a word."""

import copy
from typing import Any

from typer.core import TyperCommand, TyperOption

from dlexp.errors import UserError


class Once(TyperCommand):
    """Options that take one value are given once, or with the same value each time."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, after every value of every option was looked at.

        Raises:
            UserError: An option has several values.
        """
        given = {} if ctx.resilient_parsing else self._all_given(ctx, args)
        for option in self.params:
            if not isinstance(option, TyperOption) or option.multiple:
                continue
            values = list(dict.fromkeys(given.get(option.name or "") or ()))
            if len(values) > 1:
                listed = " and ".join(map(str, values))
                raise UserError(f"{max(option.opts, key=len)}: given more than once, with {listed}; give one of them")
        return super().parse_args(ctx, args)

    def _all_given(self, ctx: Any, args: list[str]) -> dict[str, Any]:
        """The values of each option as they were typed."""
        collecting = copy.copy(self)
        collecting.params = list(map(copy.copy, self.params))
        for parameter in collecting.params:
            if isinstance(parameter, TyperOption):
                parameter.multiple = True
        values, _, _ = collecting.make_parser(ctx).parse_args(list(args))
        return values
