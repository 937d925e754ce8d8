-- The table of facts. Owner: src/events/table.cpp, whose steps a test compares with this page.
--
-- id         26 characters, sortable by the time of logging (48 bits of milliseconds, 80 random bits, Crockford's base 32)
-- sequence   rises with every row and every update of a row; what followers remember. About microseconds since 1970
-- camera     id of the camera, or '' for the hub itself
-- kind       a word of events::kind: motion, person, sound, button, state, setting, deleted...
-- start_us   UTC microseconds since 1970, by the event's own time
-- end_us     NULL = momentary or still going on
-- score      0..1, NULL where the vendor does not say
-- text       one sentence for a person, or ''
-- media      picture or clip kept locally, relative to the data directory, or ''
-- vendor_id  the vendor's own id; a second report of the same id on the same camera updates the row. NULL where there is none
-- data       JSON object of ours
-- evidence   the vendor's payload as it came; for support bundles, never for APIs
CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,
    sequence INTEGER NOT NULL UNIQUE,
    camera TEXT NOT NULL,
    kind TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER,
    score REAL,
    text TEXT NOT NULL,
    media TEXT NOT NULL,
    vendor_id TEXT,
    data TEXT NOT NULL,
    evidence TEXT NOT NULL
);
CREATE INDEX events_by_camera ON events (camera, start_us, id);
CREATE INDEX events_by_start ON events (start_us, id);
CREATE UNIQUE INDEX events_by_vendor_id ON events (camera, vendor_id) WHERE vendor_id IS NOT NULL;
