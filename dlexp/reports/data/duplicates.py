"""Examples with equal inputs, within a split and across splits, and what it means that their targets differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from dlexp.components.data import Array

#: How many pairs are named.
N_PAIRS = 3


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The examples of a role that have a twin: another example with the same inputs."""

    role: str
    twin_role: str
    """Where their twins are: the same role or another one."""
    examples: int
    """Of `role`, those that have a twin."""
    share: float
    contradicted: int
    """Of these, those with a twin whose target is another one."""


@dataclass(frozen=True, kw_only=True)
class Twins:
    """A pair of examples with equal inputs, each as its role and its position among the examples of that role."""

    first: tuple[str, int]
    second: tuple[str, int]
    is_contradiction: bool
    """Whether their targets differ."""


@dataclass(frozen=True)
class Duplicates:
    """All examples with a twin."""

    overlaps: list[Overlap]
    """Only where there are any: each role with itself, then with the roles before it."""
    ceilings: dict[str, float]
    """By role, the highest accuracy that any model can have, where contradictions set it below 1."""
    pairs: list[Twins]
    """The first ones: contradictions across roles, then other contradictions, then the others."""


@dataclass(frozen=True)
class BeforeTwins:
    """Examples right behind which, in the table or array that they come from, an equal one stands."""

    examples: int
    contradicted: int
    """Of these, those with another target than the one behind."""


def before_twins(order: Array, prints: Array, targets: Array) -> BeforeTwins:
    """How many there are, from where each example stands and a number for its inputs and its target."""
    by_place = np.argsort(order)
    order, prints, targets = order[by_place], prints[by_place], targets[by_place]
    is_before = (np.diff(order) == 1) & (prints[1:] == prints[:-1])
    return BeforeTwins(int(is_before.sum()), int((is_before & (targets[1:] != targets[:-1])).sum()))


def duplicates(prints: Mapping[str, Array], targets: Mapping[str, Array], has_classes: bool) -> Duplicates:
    """Which examples have twins, from a number for the inputs and one for the target of each, by role.

    Roles are in the order train, validation, test.
    """
    roles = list(prints)
    starts = np.cumsum([0, *map(len, prints.values())])
    of_role = np.repeat(np.arange(len(roles)), np.diff(starts))
    groups = _Groups(np.concatenate(list(prints.values())), np.concatenate(list(targets.values())), of_role)
    overlaps = []
    for i, j in combinations_with_replacement(range(len(roles)), 2):
        twin, contradicted = groups.overlap(j, i)
        if n := int(twin.sum()):
            share = n / len(prints[roles[j]])
            overlaps.append(
                Overlap(
                    role=roles[j], twin_role=roles[i], examples=n, share=share, contradicted=int(contradicted.sum())
                )
            )
    ceilings = {role: groups.ceiling(i) for i, role in enumerate(roles)} if has_classes else {}

    def named(i: int) -> tuple[str, int]:
        return roles[of_role[i]], int(i - starts[of_role[i]])

    return Duplicates(
        overlaps=sorted(overlaps, key=lambda each: each.role != each.twin_role),
        ceilings={role: ceiling for role, ceiling in ceilings.items() if ceiling < 1},
        pairs=[Twins(first=named(i), second=named(j), is_contradiction=is_no) for i, j, is_no in groups.pairs(N_PAIRS)],
    )


class _Groups:
    """All examples, each with the group of those that have the same inputs."""

    def __init__(self, prints: Array, targets: Array, roles: Array) -> None:
        import pandas as pd

        self.roles = roles
        group, distinct = pd.factorize(prints)
        # Only examples of groups of two or more are looked at from here on.
        self.where = np.flatnonzero(np.bincount(group, minlength=len(distinct))[group] > 1)
        self.group = pd.factorize(group[self.where])[0]
        self.n_groups = int(self.group.max(initial=-1)) + 1
        self.target, values = pd.factorize(targets[self.where])
        self.role = roles[self.where]
        # One number for each pair of a group and a target.
        self.cell = self.group * max(1, len(values)) + self.target

    def overlap(self, role: int, twin_role: int) -> tuple[Array, Array]:
        """Of the examples of a role: which have a twin of another role (or of the same), which one of other target."""
        mine = self.role == role
        its = self.role == twin_role
        same = role == twin_role
        in_group = np.bincount(self.group[its], minlength=self.n_groups)[self.group[mine]] - same
        cells, cell = np.unique(self.cell, return_inverse=True)
        in_cell = np.bincount(cell[its], minlength=len(cells))[cell[mine]] - same
        return in_group > 0, in_group > in_cell

    def ceiling(self, role: int) -> float:
        """The share of a role's examples that have the most frequent target of their inputs in that role."""
        mine = self.role == role
        n = int((self.roles == role).sum())
        cells, counts = np.unique(self.cell[mine], return_counts=True)
        groups = cells // max(1, int(self.target.max(initial=0)) + 1)
        best = np.zeros(self.n_groups, np.int64)
        np.maximum.at(best, groups, counts)
        return (n - int(mine.sum()) + int(best.sum())) / n if n else 1.0

    def pairs(self, n: int) -> list[tuple[int, int, bool]]:
        """The first pairs, one of each group, those first that say most."""
        order = np.argsort(self.group, kind="stable")
        first = order[np.searchsorted(self.group[order], np.arange(self.n_groups))][self.group]
        differs, is_across = (each != each[first] for each in (self.target, self.role))
        # A first example stands behind every pair; then by what a pair says, then in the order of the examples.
        ranked = np.lexsort((self.where, first, -(2 * differs + is_across.astype(int)), first == np.arange(len(first))))
        found: dict[int, tuple[int, int, bool]] = {}
        for i in ranked.tolist():
            if len(found) == n or first[i] == i:
                break
            found.setdefault(int(first[i]), (int(self.where[first[i]]), int(self.where[i]), bool(differs[i])))
        return list(found.values())
