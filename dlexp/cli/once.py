"""A command that refuses an option with two values, of which one would be dropped without a word, or a wrong one."""

import copy
import inspect
from typing import Any, Literal, get_args, get_origin, get_type_hints

from typer.core import TyperCommand, TyperOption

from dlexp.errors import UserError
from dlexp.near_words import did_you_mean


class Once(TyperCommand):
    """Options that take one value are given once, or with the same value each time."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, after every value of every option was looked at.

        Raises:
            UserError: An option has several values, or one that is none of its choices.
        """
        given = {} if ctx.resilient_parsing else self._all_given(ctx, args)
        for option in self.params:
            if not isinstance(option, TyperOption) or option.multiple:
                continue
            name = max(option.opts, key=len)
            values = list(dict.fromkeys(given.get(option.name or "") or ()))
            if len(values) > 1:
                listed = " and ".join(map(str, values))
                raise UserError(f"{name}: given more than once, with {listed}; give one of them")
            choices = self._choices(option.name or "")
            for wrong in (value for value in values if choices and value not in choices):
                near = did_you_mean(wrong, choices)
                raise UserError(f"{name}: there is no {wrong!r}.{near} Choose from: {', '.join(choices)}")
        return super().parse_args(ctx, args)

    def _choices(self, name: str) -> tuple[str, ...]:
        """The words that an option may have, as its annotation lists them; empty where it may be any text."""
        hint = get_type_hints(inspect.unwrap(self.callback)).get(name) if self.callback else None
        return next((get_args(each) for each in (hint, *get_args(hint)) if get_origin(each) is Literal), ())

    def _all_given(self, ctx: Any, args: list[str]) -> dict[str, Any]:
        """The values of each option as they were typed."""
        collecting = copy.copy(self)
        collecting.params = list(map(copy.copy, self.params))
        for parameter in collecting.params:
            if isinstance(parameter, TyperOption):
                parameter.multiple = True
        values, _, _ = collecting.make_parser(ctx).parse_args(list(args))
        return values
