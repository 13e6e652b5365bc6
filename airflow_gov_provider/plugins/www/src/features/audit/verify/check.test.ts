import { anEvent, documentOf } from "src/features/audit/testing/events";
import { TestLedger } from "src/features/audit/testing/ledger";
import { checkEvent, type Proof, type Step, verdictOf } from "src/features/audit/verify/check";
import { keepCheckpoint, keptCheckpoint } from "src/features/audit/verify/kept";

const EVENTS = [1, 2, 3, 4].map((seq) => anEvent(seq));
const DOCUMENTS = EVENTS.map(documentOf);
const EVENT = EVENTS[1] ?? anEvent(0);

const nobodyAsks = () => Promise.reject(new Error("nothing was kept before"));
const titles = (steps: readonly Step[], verdict: Step["verdict"]) =>
  steps.filter((step) => step.verdict === verdict).map(({ title }) => title);

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await TestLedger.make();
});

const check = async (changes: Partial<Proof>, shown = EVENT) =>
  checkEvent({ ...(await ledger.proof(DOCUMENTS, 1)), ...changes }, shown, nobodyAsks);

test("an event that was sealed is verified in every step", async () => {
  const steps = await check({});
  expect(titles(steps, "good")).toHaveLength(4);
  expect(titles(steps, "note")).toEqual(["This browser has nothing to compare it with"]);
  expect(verdictOf(steps)).toBe("good");
  expect(keptCheckpoint()).toMatchObject({ origin: "a-ledger", size: 4 });
});

test("a changed event fails where its hash and its way to the root are looked at", async () => {
  const document = (DOCUMENTS[1] ?? "").replace("success", "skipped");
  const steps = await check({ document });
  expect(verdictOf(steps)).toBe("bad");
  expect(titles(steps, "bad")).toEqual([
    "The event is not as it was sealed",
    "What is shown is not what is stored",
    "It is not in the ledger",
  ]);
});

test("a leaf that was changed together with its event does not lead to the root", async () => {
  const changed = DOCUMENTS.with(1, (DOCUMENTS[1] ?? "").replace("train", "other"));
  const { document, leaf_hash } = await ledger.proof(changed, 1);
  const steps = await check({ document, leaf_hash });
  expect(titles(steps, "bad")).toContain("It is not in the ledger");
  expect(titles(steps, "good")).toContain("The event is as it was sealed");
});

test("a page that shows something else than what was sealed is found out", async () => {
  const steps = await check({}, { ...EVENT, actor: "eve" });
  const [step] = steps.filter(({ verdict }) => verdict === "bad");
  expect(step?.said).toContain("actor");
});

test("a root that nobody has signed is not believed", async () => {
  const { checkpoint } = await ledger.proof(DOCUMENTS.slice(0, 2), 1);
  const size = checkpoint.note.replace("\n2\n", "\n4\n");
  const steps = await check({ checkpoint: { ...checkpoint, note: size } });
  expect(titles(steps, "bad")).toEqual([
    "It is not in the ledger",
    "The ledger is not signed as it should be",
  ]);
  expect(keptCheckpoint()).toBeUndefined();
});

test("the key of another ledger does not vouch for this one", async () => {
  const other = await TestLedger.make();
  const steps = await check({ keys: [other.key] });
  expect(titles(steps, "bad")).toEqual(["The ledger is not signed as it should be"]);
});

test("without a key the signature is not checked, and that is said", async () => {
  const steps = await check({ keys: [] });
  expect(verdictOf(steps)).toBe("unsure");
  expect(titles(steps, "unsure")).toEqual(["The signature was not checked"]);
});

test("a damaged checkpoint ends the check", async () => {
  const { checkpoint } = await ledger.proof(DOCUMENTS, 1);
  const steps = await check({ checkpoint: { ...checkpoint, note: "nothing" } });
  expect(titles(steps, "bad")).toEqual(["Checkpoint"]);
});

describe("once a checkpoint was kept", () => {
  beforeEach(async () => {
    await checkEvent(await ledger.proof(DOCUMENTS.slice(0, 2), 1), EVENT, nobodyAsks);
    expect(keptCheckpoint()?.size).toBe(2);
  });

  const again = async (documents: readonly string[]) =>
    checkEvent(await ledger.proof(documents, 1), EVENT, () =>
      ledger.consistencyOfTwoAndFour(documents),
    );

  test("a ledger that grew out of it is verified, and is kept from then on", async () => {
    expect(verdictOf(await again(DOCUMENTS))).toBe("good");
    expect(keptCheckpoint()?.size).toBe(4);
  });

  test("a ledger that was rewritten, though signed, is red", async () => {
    const rewritten = DOCUMENTS.with(0, documentOf(anEvent(99)));
    const steps = await again(rewritten);
    expect(titles(steps, "bad")).toEqual(["It does not continue what this browser saw before"]);
    expect(keptCheckpoint()?.size).toBe(2);
  });

  test("a ledger that was set back is red", async () => {
    await again(DOCUMENTS);
    const steps = await checkEvent(await ledger.proof(DOCUMENTS.slice(0, 2), 1), EVENT, nobodyAsks);
    expect(steps.at(-1)?.said).toContain("set back");
  });

  test("a server that hides its keys is still compared with what was kept", async () => {
    const rewritten = DOCUMENTS.with(0, documentOf(anEvent(99)));
    const proof = await ledger.proof(rewritten, 1);
    const steps = await checkEvent({ ...proof, keys: [] }, EVENT, () =>
      ledger.consistencyOfTwoAndFour(rewritten),
    );
    expect(verdictOf(steps)).toBe("bad");
    expect(keptCheckpoint()?.size).toBe(2);
  });

  test("a ledger whose keys are all new is red", async () => {
    const other = await TestLedger.make();
    const steps = await checkEvent(await other.proof(DOCUMENTS, 1), EVENT, nobodyAsks);
    expect(steps.at(-1)).toMatchObject({ verdict: "bad" });
    expect(steps.at(-1)?.said).toContain("other keys");
  });

  test("a new key beside an old one that is only listed has to be compared by a person", async () => {
    const other = await TestLedger.make();
    const proof = await other.proof(DOCUMENTS, 1);
    const ask = () =>
      checkEvent({ ...proof, keys: [ledger.key, other.key] }, EVENT, () =>
        ledger.consistencyOfTwoAndFour(DOCUMENTS),
      );
    const steps = await ask();
    expect(verdictOf(steps)).toBe("unsure");
    expect(titles(steps, "unsure")).toEqual([
      "It is signed with a key that is new to this browser",
    ]);
    expect(keptCheckpoint()?.size).toBe(2);

    const { onTrust } = steps.at(-1) ?? {};
    expect(onTrust).toBeDefined();
    if (onTrust !== undefined) keepCheckpoint(onTrust);
    expect(verdictOf(await ask())).toBe("good");
    expect(keptCheckpoint()?.size).toBe(4);
  });
});

test("what was not verified is no measure for later", async () => {
  const steps = await check({}, { ...EVENT, actor: "eve" });
  expect(verdictOf(steps)).toBe("bad");
  expect(steps.at(-1)).toMatchObject({ verdict: "note" });
  expect(keptCheckpoint()).toBeUndefined();
});
