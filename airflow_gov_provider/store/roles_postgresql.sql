-- Three roles for the governance database on PostgreSQL, none of which can rewrite the ledger.
--
-- Run it once as the owner of the tables, who must be allowed to create roles, after
-- `airflow governance db migrate`, and again after each migration:
--
--     psql --set ON_ERROR_STOP=1 --file roles_postgresql.sql "$DATABASE"
--
-- Then give each user what it needs, and keep the owner for migrations only:
--
--     governance_writer   task processes: events, evidence, requests and votes
--     governance_sealer   the collector, beside governance_writer: leaves and checkpoints
--     governance_reader   auditors and reports; the API and the commands that only read
--
--     GRANT governance_writer TO airflow_worker;
--     GRANT governance_writer, governance_sealer TO airflow_api_server;
--
-- The owner of the tables and superusers can still switch the triggers off. What they change then
-- is found by `airflow governance ledger verify`, and with an anchor also if they have the key.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['governance_writer', 'governance_sealer', 'governance_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    END IF;
  END LOOP;
END $$;

GRANT SELECT ON
  governance_alembic_version, event, evidence, approval_request, approval_page, vote, lease,
  ledger_queue, leaf, ledger_node, checkpoint, event_witness, request_queue, tail_position,
  coverage_finding, search_block, search_state, search_dag,
  commitment, sla_outcome, incident, incident_entry, notice
TO governance_writer, governance_sealer, governance_reader;

GRANT INSERT ON event, event_witness, evidence, vote TO governance_writer;
GRANT INSERT, DELETE ON request_queue TO governance_writer;
GRANT INSERT, UPDATE ON tail_position, coverage_finding TO governance_writer;
GRANT INSERT, UPDATE ON approval_request TO governance_writer;
GRANT INSERT, UPDATE ON commitment, sla_outcome, incident, notice TO governance_writer;
GRANT INSERT, UPDATE (routed_at) ON incident_entry TO governance_writer;
GRANT INSERT, UPDATE, DELETE ON approval_page, lease TO governance_writer;
GRANT USAGE ON SEQUENCE event_seq_seq, incident_entry_entry_id_seq TO governance_writer;

GRANT INSERT ON leaf, ledger_node, checkpoint TO governance_sealer;
GRANT DELETE ON ledger_queue TO governance_sealer;
GRANT INSERT, UPDATE, DELETE ON lease TO governance_sealer;
GRANT INSERT, UPDATE, DELETE ON search_block, search_state, search_dag TO governance_sealer;

-- Writers fill the queue through the trigger alone.
ALTER FUNCTION governance_queue_events() SECURITY DEFINER;
ALTER FUNCTION governance_queue_events() SET search_path FROM CURRENT;
