-- CRC-32 of a charter entry's bytes, all of them: its id leaves the signatures out. Null in what was
-- written before there was one; such an entry is opened anew whenever it is read.
ALTER TABLE entry ADD COLUMN checksum INTEGER;
