"""What beside the experiment can change numbers: recorded, and named where it differs."""

import pytest

from dlexp.reports.verification.diff import between_places
from dlexp.training import environment

SET = {
    "TF_DETERMINISTIC_OPS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Haswell",
    "MKL_CBWR": "COMPATIBLE",
    "NVIDIA_TF32_OVERRIDE": "0",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable",
}


def test_flags_that_change_numbers_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are set; not what only talks, not the threads, and no secret of another program."""
    for name, value in SET.items():
        monkeypatch.setenv(name, value)
    for name in ("TF_CPP_MIN_LOG_LEVEL", "ONEDNN_VERBOSE", "MKL_NUM_THREADS", "TF_VAR_password", "TF_TOKEN_app"):
        monkeypatch.setenv(name, "1")

    assert environment.flags() == SET
    assert list(environment.flags()) == sorted(SET)


def test_the_place_is_known_without_tensorflow() -> None:
    """Versions, platform, processor and its instruction sets, flags."""
    here = environment.here()

    assert list(here) == ["versions", "platform", "processor", "instructions", "flags"]
    assert all(isinstance(here[key], str) and here[key] for key in ("platform", "processor"))


def test_what_differs_is_named_by_its_dotted_key() -> None:
    """A flag that is not set is None; when, by which words and on which host are no matter."""
    a = {"versions": {"numpy": "2.1", "keras": "3.5"}, "flags": {}, "onednn": "default", "seconds": 1.0, "host": "a"}
    b = {
        "versions": {"numpy": "2.2", "keras": "3.5"},
        "flags": {"TF_ENABLE_ONEDNN_OPTS": "0"},
        "onednn": "0",
        "seconds": 2.0,
        "host": "b",
    }

    assert between_places(a, a) == []
    assert between_places(a, b) == [("versions.numpy", "2.1", "2.2"), ("flags.TF_ENABLE_ONEDNN_OPTS", None, "0")]


def test_what_an_older_record_lacks_is_not_known_to_differ() -> None:
    """Before flags were recorded, oneDNN's stood alone."""
    old, new = {"onednn": "default"}, {"onednn": "0", "flags": {"TF_ENABLE_ONEDNN_OPTS": "0"}, "instructions": "avx2"}

    assert between_places(old, new) == [("onednn", "default", "0")]
    assert between_places({}, new) == []
