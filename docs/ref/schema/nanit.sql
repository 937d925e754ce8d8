-- How far Nanit's feeds of events were read. Owner: src/drivers/nanit/poll_memory.cpp, whose steps a test compares with this page.
-- Tokens are not here but in the sealed store.
--
-- nanit_marks: one row per baby
-- message              id of the newest alert that was told or passed over; -1 = that feed has never been read
-- line_us, line        time (UTC microseconds since 1970) and uid of the newest line of the sleep analysis; 0 = never read
--
-- nanit_open: events that go on, because nobody tells their end
-- event                id in the log
-- account              of the configuration
-- end_us               the end that they will have, UTC microseconds since 1970

CREATE TABLE nanit_marks (
    baby TEXT NOT NULL PRIMARY KEY,
    message INTEGER NOT NULL,
    line_us INTEGER NOT NULL,
    line TEXT NOT NULL
);
CREATE TABLE nanit_open (
    event TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    end_us INTEGER NOT NULL
);
