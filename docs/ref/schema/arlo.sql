-- Arlo devices between two starts of the hub. Owner: src/drivers/arlo/memory.cpp, whose steps a test compares with this page.
-- What people want of a device is not here but in desired_settings (camera.sql).
--
-- arlo_devices: one row per device that has ever called
-- serial               its name everywhere
-- address              where it last spoke from, or ''; a fact about then
-- model, firmware      of its last registration; model '' = it has never registered with this hub
-- port                 that it called last: 0 = 4000, 1 = 4100
-- registration, status its last message of the kind, JSON as it came, or ''
-- registers            JSON object: what it acknowledged, by register
-- quality              the quality whose settings it acknowledged last, or ''
-- needs_set_up         1 = it has registered and was not told everything since
-- streamed_counter_s   its own counter of seconds, as last told; -1 = never
-- streamed_day         days since 1970, UTC, that streamed_today_s belongs to
-- streamed_today_s     seconds of that day
-- ongoing              JSON object: kind -> id of an event that has not ended
-- seen_us              when it last spoke or answered, UTC microseconds since 1970
--
-- arlo_media: how a device streams, and what that has cost its battery
-- streamed_day, awake_day   days since 1970 in the hub's local time, that streamed_ms and awake_ms belong to
-- streamed_ms, awake_ms     milliseconds of that day, as the hub measured them
-- transport                 tcp or udp: over which media came last, or ''
-- main_port, small_port     of its RTSP, where media came from last; 0 = nothing yet
--
-- arlo_awake: when a device on a battery was awake, the newest 100 stretches of each
-- from_us, to_us            UTC microseconds since 1970
-- cause                     viewer, event, command, settings, keep-alive
--
-- arlo_given: what clients of the interface on port 5000 said of a device that is no setting
-- friendly_name        the name that they gave it, or ''
-- power                'battery' or 'external', or '' = as the device says itself
-- zones                JSON list: the motion zones that it shall have; '' = nobody said
--
-- arlo_refused: registers that a model with a firmware does not take; they are not sent again
CREATE TABLE arlo_awake (
    serial TEXT NOT NULL,
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (serial, from_us)
);
CREATE TABLE arlo_devices (
    serial TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    model TEXT NOT NULL,
    firmware TEXT NOT NULL,
    port INTEGER NOT NULL,
    registration TEXT NOT NULL,
    status TEXT NOT NULL,
    registers TEXT NOT NULL,
    quality TEXT NOT NULL,
    needs_set_up INTEGER NOT NULL,
    streamed_counter_s INTEGER NOT NULL,
    streamed_day INTEGER NOT NULL,
    streamed_today_s INTEGER NOT NULL,
    ongoing TEXT NOT NULL,
    seen_us INTEGER NOT NULL
);
CREATE TABLE arlo_given (
    serial TEXT NOT NULL PRIMARY KEY,
    friendly_name TEXT NOT NULL,
    power TEXT NOT NULL,
    zones TEXT NOT NULL
);
CREATE TABLE arlo_media (
    serial TEXT NOT NULL PRIMARY KEY,
    streamed_day INTEGER NOT NULL,
    streamed_ms INTEGER NOT NULL,
    awake_day INTEGER NOT NULL,
    awake_ms INTEGER NOT NULL,
    transport TEXT NOT NULL,
    main_port INTEGER NOT NULL,
    small_port INTEGER NOT NULL
);
CREATE TABLE arlo_refused (
    model TEXT NOT NULL,
    firmware TEXT NOT NULL,
    register TEXT NOT NULL,
    PRIMARY KEY (model, firmware, register)
);
