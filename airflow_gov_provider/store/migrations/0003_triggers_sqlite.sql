CREATE TRIGGER governance_queue AFTER INSERT ON event
BEGIN
  INSERT INTO ledger_queue (seq) VALUES (NEW.seq);
END

CREATE TRIGGER governance_guard_event_update BEFORE UPDATE ON event
BEGIN
  SELECT RAISE(ABORT, 'rows of event are never changed or deleted');
END

CREATE TRIGGER governance_guard_event_delete BEFORE DELETE ON event
BEGIN
  SELECT RAISE(ABORT, 'rows of event are never changed or deleted');
END

CREATE TRIGGER governance_guard_evidence_update BEFORE UPDATE ON evidence
BEGIN
  SELECT RAISE(ABORT, 'rows of evidence are never changed or deleted');
END

CREATE TRIGGER governance_guard_evidence_delete BEFORE DELETE ON evidence
BEGIN
  SELECT RAISE(ABORT, 'rows of evidence are never changed or deleted');
END

CREATE TRIGGER governance_guard_vote_update BEFORE UPDATE ON vote
BEGIN
  SELECT RAISE(ABORT, 'rows of vote are never changed or deleted');
END

CREATE TRIGGER governance_guard_vote_delete BEFORE DELETE ON vote
BEGIN
  SELECT RAISE(ABORT, 'rows of vote are never changed or deleted');
END

CREATE TRIGGER governance_guard_leaf_update BEFORE UPDATE ON leaf
BEGIN
  SELECT RAISE(ABORT, 'rows of leaf are never changed or deleted');
END

CREATE TRIGGER governance_guard_leaf_delete BEFORE DELETE ON leaf
BEGIN
  SELECT RAISE(ABORT, 'rows of leaf are never changed or deleted');
END

CREATE TRIGGER governance_guard_ledger_node_update BEFORE UPDATE ON ledger_node
BEGIN
  SELECT RAISE(ABORT, 'rows of ledger_node are never changed or deleted');
END

CREATE TRIGGER governance_guard_ledger_node_delete BEFORE DELETE ON ledger_node
BEGIN
  SELECT RAISE(ABORT, 'rows of ledger_node are never changed or deleted');
END

CREATE TRIGGER governance_guard_checkpoint_update BEFORE UPDATE ON checkpoint
BEGIN
  SELECT RAISE(ABORT, 'rows of checkpoint are never changed or deleted');
END

CREATE TRIGGER governance_guard_checkpoint_delete BEFORE DELETE ON checkpoint
BEGIN
  SELECT RAISE(ABORT, 'rows of checkpoint are never changed or deleted');
END
