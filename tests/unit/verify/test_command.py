from __future__ import annotations

import json
import subprocess
import sys

import pytest
from fakes.ledger import KEY, Ledger, documents

from airflow_gov_provider.domain.ledger.notes import SignerKey
from airflow_gov_provider.domain.ledger.proofs import inclusion
from airflow_gov_provider.domain.ledger.tlog_proof import TlogProof
from airflow_gov_provider.verify.__main__ import main


def test_a_sound_bundle_is_verified_and_says_what_that_covers(desk):
    bundle = desk.put("bundle.zip", desk.ledger.zipped(range(10, 30), older=[50]))
    anchor = desk.put("anchor.txt", desk.ledger.checkpoint(3) + desk.ledger.checkpoint(50))

    code, said = desk.verify(bundle, "--checkpoint", anchor)

    assert code == 0
    assert "verified: " in said
    assert "20 events: leaves 10 to 29 of 100" in said
    assert f"at 100 leaves, signed by {KEY.name} ({KEY.key_id.hex()})" in said
    assert f"it continues your checkpoint {anchor}" in said
    assert "does not prove" in said
    assert "the 80 leaves that are not in this bundle" in said


def test_an_anchor_may_be_the_ledgers_own_anchor_file(desk):
    bundle = desk.put("bundle.zip", desk.ledger.zipped(range(10, 30), older=[50]))
    lines = [json.dumps({"note": desk.ledger.checkpoint(size)}) for size in (3, 50)]
    anchor = desk.put("anchors.log", "\n".join([*lines, '{"note": "torn']))

    code, said = desk.verify(bundle, "--checkpoint", anchor)

    assert code == 0
    assert f"it continues your checkpoint {anchor}" in said


def test_without_an_anchor_it_says_that_a_rewritten_ledger_could_have_been_signed(desk):
    bundle = desk.put("bundle.zip", desk.ledger.zipped(range(100)))

    code, said = desk.verify(bundle)

    assert code == 0
    assert "whoever holds the key could have signed a rewritten one" in said


def test_an_altered_event_is_named_and_fails(desk):
    desk.ledger.contents[17] = b'{"event_id":"forged"}'
    bundle = desk.put("bundle.zip", desk.ledger.zipped(range(10, 30)))

    code, said = desk.verify(bundle)

    assert code == 1
    verdict, problem = said.splitlines()
    assert verdict == f"NOT VERIFIED: {bundle}"
    assert problem.startswith("  - leaf 17 (line 8, event_id forged): this event was altered")


def test_a_ledger_that_was_rewritten_fails_against_the_anchor_although_its_key_is_right(desk):
    contents = documents(100)
    contents[20] = b"{}"
    bundle = desk.put("bundle.zip", Ledger(contents).zipped([50], older=[30]))
    anchor = desk.put("anchor.txt", desk.ledger.checkpoint(30))

    assert desk.verify(bundle)[0] == 0
    code, said = desk.verify(bundle, "--checkpoint", anchor)

    assert code == 1
    assert "the first 30 leaves were rewritten" in said


def test_of_many_problems_the_first_hundred_are_named(desk):
    for at in range(100):
        desk.ledger.contents[at] = b"%d" % at
    contents = documents(250)
    ledger = Ledger(contents)
    ledger.contents = [b"%d" % at for at in range(250)]
    bundle = desk.put("bundle.zip", ledger.zipped(range(250)))

    code, said = desk.verify(bundle)

    assert code == 1
    assert len(said.splitlines()) == 102
    assert said.endswith("  - and 150 more\n")


def test_keys_of_before_and_after_a_rotation_are_both_believed(desk):
    newer = SignerKey(KEY.name, bytes(32))
    ledger = Ledger(documents(10), newer)
    bundle = desk.put("bundle.zip", ledger.zipped(range(10)))
    anchor = desk.put("anchor.txt", Ledger(documents(10)).checkpoint(5))
    both = desk.put("both.txt", f"{KEY.verifier.text}\n\n{newer.verifier.text}\n")

    assert desk.verify(bundle, "--checkpoint", anchor, key=both)[0] == 0
    assert desk.verify(bundle)[0] == 1


def test_the_proof_of_one_event_is_verified_with_the_event(desk):
    note = desk.ledger.checkpoint()
    proof = TlogProof(index=5, path=inclusion(5, 100, desk.ledger.node), note=note)
    path = desk.put("5.tlog-proof", proof.text)
    event = desk.put("event.json", desk.ledger.contents[5] + b"\n")
    other = desk.put("other.json", desk.ledger.contents[6])
    same, older = desk.put("now.txt", note), desk.put("then.txt", desk.ledger.checkpoint(99))

    code, said = desk.verify(path, "--event", event, "--checkpoint", same)

    assert (code, "leaf 5" in said) == (0, True)
    assert desk.verify(path, "--event", other)[0] == 1
    code, said = desk.verify(path, "--event", event, "--checkpoint", older)
    assert (code, "ask for a bundle" in said) == (1, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no verifier key"),
        ("nonsense\n", "name+id+base64"),
        (KEY.text, "a private key"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_no_verdict_on_the_bundle(desk, content, message):
    bundle = desk.put("bundle.zip", desk.ledger.zipped([1]))

    code, said = desk.verify(bundle, key=desk.put("key.txt", content))

    assert code == 2
    assert message in said
    assert "PRIVATE" not in said


def test_files_that_are_not_there_are_no_verdict(desk):
    bundle = desk.put("bundle.zip", desk.ledger.zipped([1]))
    empty = desk.put("empty.txt", "")

    assert desk.verify("nowhere.zip")[0] == 2
    assert desk.verify(bundle, "--checkpoint", "nowhere.txt")[0] == 2
    assert desk.verify(bundle, "--checkpoint", empty)[0] == 2


def test_a_key_must_be_given_because_the_one_in_the_bundle_proves_nothing(desk, capsys):
    with pytest.raises(SystemExit) as ended:
        main([desk.put("bundle.zip", desk.ledger.zipped([1]))])

    assert ended.value.code == 2
    assert "--key" in capsys.readouterr().err


def test_it_runs_with_the_standard_library_and_cryptography_alone(desk):
    bundle = desk.put("bundle.zip", desk.ledger.zipped(range(100), older=[3]))
    program = (
        "import sys\n"
        "from airflow_gov_provider.verify.__main__ import main\n"
        f"code = main([{bundle!r}, '--key', {desk.key!r}])\n"
        "roots = {name.partition('.')[0] for name in sys.modules}\n"
        "named = {root for root in roots if not root.startswith('_')}\n"
        "print(code, sorted(named - sys.stdlib_module_names))\n"
    )

    run = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.splitlines()[-1] == "0 ['airflow_gov_provider', 'cryptography']"


def test_the_module_is_a_command(desk):
    bundle = desk.put("bundle.zip", b"not a zip")

    run = subprocess.run(
        [sys.executable, "-m", "airflow_gov_provider.verify", bundle, "--key", desk.key],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "bundle.zip is damaged" in run.stdout
    assert not run.stderr
