-- The index of recordings. Owner: src/recorder/index.cpp, whose steps a test compares with this page. Rebuilt from the files where it is lost.
--
-- recording_runs: stretches without a break
--   id          26 characters, sortable by time; also written into each file of the run
--   camera      id of the camera
--   start_us    UTC microseconds since 1970, capture time of the first picture
--   end_us      end of the last picture; NULL while the run goes on
--   end_reason  '' unreachable privacy recording-off disk-full disk-slow disk-error restart lost changed unknown
--   detail      a reason code of the copy deck ('no-route'...), or ''
--
-- recording_segments: closed files. The growing ones are in memory, and are found again by their names after a crash
--   file        below recordings/<camera>/: '2026-11-20/21-00-00.123Z.mp4'
--   start_us    capture time of media time zero
--   end_us      end of the last picture
--   bytes       length of the file
--   run         id of the run
--   sequence    number of the file in its run, from 0
--   codecs      RFC 6381, comma separated
CREATE TABLE recording_runs (
    id TEXT PRIMARY KEY NOT NULL,
    camera TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER,
    end_reason TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX recording_runs_by_camera ON recording_runs (camera, start_us);
CREATE TABLE recording_segments (
    camera TEXT NOT NULL,
    file TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    run TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    codecs TEXT NOT NULL,
    PRIMARY KEY (camera, file)
);
CREATE INDEX recording_segments_by_run ON recording_segments (run, sequence);
CREATE INDEX recording_segments_by_start ON recording_segments (start_us);
CREATE INDEX recording_segments_by_time ON recording_segments (camera, start_us);
