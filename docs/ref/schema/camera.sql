-- What was asked of cameras. Owner: src/camera/desired.cpp, whose steps a test compares with this page.
--
-- camera     id of the camera
-- setting    id of the setting, as the driver declares it
-- value      JSON: true, 60, "auto", {"on":true,"level":35}; null when only a refusal is remembered. Applied again when the camera comes back
-- asked_us   UTC microseconds since 1970
-- asked_by   a user's name, 'mqtt', 'rule'...; 'camera' = it was changed elsewhere (the vendor's app, a button on the device)
-- refused    the camera's sentence about the last wish that it did not take, or ''; that wish is not in `value`
CREATE TABLE desired_settings (
    camera TEXT NOT NULL,
    setting TEXT NOT NULL,
    value TEXT NOT NULL,
    asked_us INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    refused TEXT NOT NULL,
    PRIMARY KEY (camera, setting)
);
