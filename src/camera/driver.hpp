#pragma once
// The one interface that a vendor implements. A driver declares, every face renders.

#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "camera/awake.hpp"
#include "camera/capability.hpp"
#include "camera/command.hpp"
#include "camera/desired.hpp"
#include "camera/endpoint.hpp"
#include "camera/sensor.hpp"
#include "camera/setting.hpp"
#include "camera/state.hpp"
#include "camera/talk.hpp"
#include "events/event.hpp"

namespace casement::camera {

/// What a camera is, as its driver declares it. Settings and sensors carry the reported values
/// known so far.
struct Description {
    std::string id;         // stable name (camera_id.hpp); from the file where it is listed there
    std::string unique_id;  // vendor and serial: survives a rename ("nanit:N301EMU0000001")
    std::string name;       // for a person
    std::string vendor;     // "nest", "nanit", "arlo", "generic"
    std::string account;    // empty where there is none
    std::string model, serial, firmware;
    std::string place;  // room or where-name of the vendor
    std::string way;    // how its pictures come at present: a word of way_name(), or the driver's
                        // own; empty = not known
    std::optional<std::chrono::milliseconds> picture_every{};  // where they come one by one
    Capabilities capabilities;
    std::optional<Duplex> talk;  // how two-way audio is, where it has that
    std::vector<Quality> qualities = {Quality::Main};
    std::vector<Setting> settings;
    std::vector<Sensor> sensors;
    std::string subject{};  // the vendor's id of whom it watches, where that has one: a baby's
    bool operator==(const Description&) const = default;
};

/// How an account is; one per driver that has one.
struct AccountState {
    enum class Word : std::uint8_t { SignedIn, SigningIn, NeedsPerson, VendorDown };
    Word word = Word::SigningIn;
    std::optional<Reason> reason;
    std::optional<base::WallTime> expires_at;  // of the session or token
    std::optional<base::WallTime> renewed_at;
    bool operator==(const AccountState&) const = default;
};

/// "signed-in", "signing-in", "needs-person", "vendor-down".
std::string_view to_string(AccountState::Word word);

/// What a driver tells the hub. Callable from any thread, while run() runs; takes effect in the
/// order of the calls of one thread.
class DriverHost {
public:
    virtual ~DriverHost() = default;

    /// A camera is there (again): its values as it reports them now. Wishes that differ are applied
    /// again through CameraDriver::set(): call it also after a reconnect or re-registration that
    /// may have reset the camera.
    virtual void camera_found(Description description) = 0;
    /// Gone from the account. Not for a camera that is merely offline.
    virtual void camera_gone(std::string camera) = 0;
    virtual void state_changed(std::string camera, CameraState state) = 0;
    /// A value that the camera reported, asked for or not.
    virtual void setting_reported(std::string camera, std::string setting, Value value) = 0;
    virtual void sensor_measured(std::string camera, std::string sensor, SensorValue value,
                                 base::WallTime at) = 0;
    virtual void account_changed(AccountState state) = 0;
    /// When a battery camera was awake of late: the whole list, oldest first.
    virtual void awake_changed(std::string camera, std::vector<Awake> list) = 0;
    /// What people want of this camera, as stored at this moment: for a driver that sets a whole
    /// camera up at once, so that it never passes through values that nobody wished.
    virtual Wishes wishes(std::string_view camera) const = 0;
    /// Stored first, then everywhere; answers the stored event, or the known one of the same
    /// vendor_id.
    virtual async::Task<base::Result<events::EventPtr>> event(events::Event event) = 0;
    /// The end of an event that was going on.
    virtual async::Task<base::Result<events::EventPtr>> event_ended(std::string id,
                                                                    base::WallTime end) = 0;
};

/// One account of one vendor (or one listener). Every member but executor(), vendor() and name() is
/// called on its executor.
///
/// set() and execute() answer InvalidArgument, FailedPrecondition, Unsupported or PermissionDenied
/// when the camera *refused*: the sentence is shown and the wish is dropped. Unavailable and
/// DeadlineExceeded mean *not now*: the wish stays and is tried again when the camera comes back.
/// Success means that the camera took it; the new value comes by setting_reported(), from the
/// camera where it says so, else from the driver itself.
class CameraDriver {
public:
    virtual ~CameraDriver() = default;
    CameraDriver() = default;
    CameraDriver(const CameraDriver&) = delete;
    CameraDriver& operator=(const CameraDriver&) = delete;

    virtual async::Executor executor() const = 0;
    virtual std::string vendor() const = 0;
    virtual std::string name() const = 0;  // of the account: "home"; unique per vendor

    /// Signs in, discovers, listens; lives until cancelled. An error is told to people and the call
    /// is repeated with back-off.
    virtual async::Task<base::Result<>> run(DriverHost& host) = 0;

    /// The way to the stream now. Asked again after every failure of the stream, never kept.
    virtual async::Task<base::Result<StreamEndpoint>> endpoint(std::string camera, Quality quality,
                                                               async::Deadline deadline) = 0;
    virtual async::Task<base::Result<>> set(std::string camera, std::string setting, Value value,
                                            async::Deadline deadline) = 0;
    virtual async::Task<base::Result<CommandOutcome>> execute(Command command) = 0;
    virtual async::Task<base::Result<std::unique_ptr<TalkSink>>> talk(std::string camera,
                                                                      async::Deadline deadline) = 0;
};

}  // namespace casement::camera
