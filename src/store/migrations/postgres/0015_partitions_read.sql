-- Whoever may read or write a table may do so with each of its partitions: pg_dump, under a role of its own, reads each by its
-- own name.
DO $$
DECLARE
    row record;
BEGIN
    FOR row IN SELECT i.inhrelid::regclass AS partition, given.privilege_type AS what,
                      CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END AS who
               FROM pg_class c JOIN pg_inherits i ON i.inhparent = c.oid, aclexplode(c.relacl) given
               WHERE c.relkind = 'p' AND c.relnamespace = current_schema()::regnamespace AND given.grantee <> c.relowner LOOP
        EXECUTE format('GRANT %s ON %s TO %s', row.what, row.partition, row.who);
    END LOOP;
END
$$;
