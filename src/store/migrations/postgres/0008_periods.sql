-- The tables that grow with every claim, in partitions by the time with which their ids begin (store/partitions.rs). What
-- an existing store holds becomes the first partition: no row is copied, and the indexes it has become parts of the new
-- ones. Each table is read once, as its ids must lie before the partition's end.
DO $$
DECLARE
    -- Table, the column that it is partitioned by, and its primary key.
    kinds CONSTANT text[][] := ARRAY[
        ['payload', 'id', 'id'],
        ['claim', 'id', 'id'],
        ['claim_event', 'id', 'id'],
        ['finding', 'submission_id', 'submission_id, ordinal'],
        -- Its place in its remittance is unique, and a unique index must hold the partition's column. The primary key is
        -- the one index that is made anew.
        ['payment', 'remittance_id', 'id, remittance_id']];
    kind text[];
    old_name text;
    newest bigint;
    ends timestamp;
    made text[];
    made_by text;
    row record;
BEGIN
    FOREACH kind SLICE 1 IN ARRAY kinds LOOP
        old_name := kind[1] || '_first';
        made := ARRAY[]::text[];
        FOR row IN SELECT c.relname, pg_get_indexdef(i.indexrelid) AS def FROM pg_index i
                   JOIN pg_class c ON c.oid = i.indexrelid
                   WHERE i.indrelid = kind[1]::regclass AND NOT i.indisprimary LOOP
            made := made || row.def;
            EXECUTE format('ALTER INDEX %I RENAME TO %I', row.relname,
                           old_name || substr(row.relname, length(kind[1]) + 1));
        END LOOP;
        EXECUTE format('ALTER TABLE %I RENAME TO %I', kind[1], old_name);
        IF kind[1] = 'payment' THEN
            EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', old_name, kind[1] || '_pkey');
            EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (%s)', old_name, old_name || '_pkey', kind[3]);
        ELSE
            EXECUTE format('ALTER INDEX %I RENAME TO %I', kind[1] || '_pkey', old_name || '_pkey');
        END IF;
        -- Up to the beginning of the next half-year after now, and after its newest id: milliseconds since 2025, shifted
        -- by 19 bits (domain/ids.rs).
        EXECUTE format('SELECT max(%I) FROM %I', kind[2], old_name) INTO newest;
        ends := greatest(now() AT TIME ZONE 'UTC',
                         timestamp '2025-01-01' + (coalesce(newest, 0) >> 19) * interval '1 millisecond');
        ends := date_trunc('year', ends)
                + CASE WHEN extract(month FROM ends) <= 6 THEN interval '6 months' ELSE interval '12 months' END;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING STORAGE) PARTITION BY RANGE (%I)',
                       kind[1], old_name, kind[2]);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%s)', kind[1], old_name,
                       (extract(epoch FROM ends - timestamp '2025-01-01')::bigint * 1000) << 19);
        -- On a partitioned table these take up the first partition's own.
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (%s)', kind[1], kind[3]);
        FOREACH made_by IN ARRAY made LOOP
            EXECUTE made_by;
        END LOOP;
        -- What lies in no partition: ids of a clock that is ahead, and of times whose partition was removed.
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', kind[1] || '_rest', kind[1]);
        -- Whoever could read or write the table still can.
        FOR row IN SELECT CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END AS who,
                          given.privilege_type AS what
                   FROM pg_class c, aclexplode(c.relacl) given
                   WHERE c.oid = old_name::regclass AND given.grantee <> c.relowner LOOP
            EXECUTE format('GRANT %s ON %I TO %s', row.what, kind[1], row.who);
        END LOOP;
    END LOOP;
END
$$;
