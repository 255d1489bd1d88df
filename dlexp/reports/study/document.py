"""What is known of a study as one JSON document."""

from dataclasses import asdict
from typing import Any

from dlexp.reports.bias_variance.facts import rows
from dlexp.reports.comparison import document as comparison
from dlexp.reports.study import budget, tuning
from dlexp.reports.study.claims import JudgedClaim
from dlexp.reports.study.decisions import Decision
from dlexp.reports.study.facts import StudyFacts, Tuning
from dlexp.reports.study.terms import Term
from dlexp.reports.study.use_of_test import UseOfTest


def document(facts: StudyFacts) -> dict[str, Any]:
    """The claims with their results, the decisions, and the comparison and the runs that they are from."""
    study = facts.study.study
    return {
        "study": str(facts.study.path),
        "came_out": facts.came_out,
        "seeds": study.n_seeds,
        "first_seed": study.planned_seeds.start,
        "is_until_sure": study.until_sure is not None,
        "n_claims": study.n_claims,
        "claims": list(map(_claim, facts.claims)),
        "goal": study.goal,
        "must_not_worsen": study.must_not_worsen,
        "decisions": [_decision(each, list(study.must_not_worsen)) for each in facts.decisions],
        "runs": {
            each.label: [str(run.dir.path) for run in each.runs.values()] for each in facts.comparison.experiments
        },
        "bias_variance": [{"variant": name, **row} for name, point in facts.points.items() for row in rows([point])],
        "comparison": comparison.document(facts.comparison),
        "budget": budget.document(facts),
        **({"tuning": tuning.document(facts, _untuned(facts.tuning))} if facts.tuning else {}),
        "test_split": _use_of_test(facts.use_of_test),
    }


def _use_of_test(found: UseOfTest) -> dict[str, Any]:
    return {
        "is_sealed": found.seal is not None,
        "open_before": found.n_open,
        "opened": found.opened or None,
        "trained_since": found.n_since,
        "consulted": found.consulted,
    }


def _untuned(found: Tuning) -> dict[str, Any] | None:
    return document(found.untuned) if found.untuned else None


def _claim(judged: JudgedClaim) -> dict[str, Any]:
    """A claim as its file has it, and how it came out."""
    said = judged.claim.model_dump(exclude_defaults=True)
    return {
        "says": said.pop("says"),
        "result": judged.result,
        "expect": judged.claim.expect,
        "is_expected": judged.is_expected,
        **{key: value for key, value in said.items() if key != "expect"},
        "terms": list(map(_term, judged.terms)),
    }


def _decision(decision: Decision, guardrails: list[str]) -> dict[str, Any]:
    return {
        "variant": decision.variant,
        "incumbent": decision.incumbent,
        "result": decision.result,
        "reason": decision.reason,
        "goal": _term(decision.goal),
        "guardrails": {name: _term(term) for name, term in zip(guardrails, decision.guardrails, strict=True)},
    }


def _term(term: Term) -> dict[str, Any]:
    return asdict(term) | {"bound": term.bound._asdict(), "reason": term.reason or None}
