-- What a reader of some months asks for, besides what a start hint finds: versions of
-- objects whose path names a day, and versions that no start hint dates.
CREATE INDEX record_day ON record (substr(path, instr(path, '/') + 1, 10))
    WHERE substr(path, instr(path, '/') + 1, 10) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]';
CREATE INDEX record_undated ON record (kind) WHERE start IS NULL;
