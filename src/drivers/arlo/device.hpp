#pragma once
// One device: what is known of it, its set-up, what it is asked, what it reports.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/retry.hpp"
#include "async/turns.hpp"
#include "camera/driver.hpp"
#include "drivers/arlo/alerts.hpp"
#include "drivers/arlo/base.hpp"
#include "drivers/arlo/power.hpp"

namespace casement::drivers::arlo {

/// What the file says of a device.
struct CameraConfig {
    std::string serial;
    std::string id;                 // the key in the file
    std::string name;               // for a person; may be empty
    bool is_listed = false;         // the id is the file's, not one made of the serial number
    std::optional<bool> battery{};  // empty: as the device says
    bool audio = true;              // false: its sound is left out
    bool always = false;  // the file wants it recorded always: no limits unless somebody sets them
    bool operator==(const CameraConfig&) const = default;
};

/// Lives on the driver's executor; whoever asks something of it holds it until the answer.
class Device : public std::enable_shared_from_this<Device> {
public:
    /// `config` has an id in any case.
    Device(Base& base, Record record, CameraConfig config, StoredMedia media = {});

    const std::string& camera() const { return config_.id; }
    const Record& record() const { return record_; }
    /// False: only the file speaks of it.
    bool has_called() const { return record_.seen != base::WallTime{}; }
    Family family() const { return family_; }
    camera::Description description() const;
    /// Its battery is spared: nothing but what people and events ask for.
    bool is_on_battery() const;
    /// "VMC4030P-A1B2C": as these devices call themselves on the network.
    std::string host_name() const;
    /// The name that a client gave it, else the file's, else its serial number.
    std::string friendly_name() const;
    /// True while it registered and was not told everything since.
    bool needs_set_up() const { return record_.needs_set_up; }

    /// After the start of the hub: tells the host what was known before.
    void begin();
    /// A device that nobody knew spoke before it registered: it is declared as far as it goes.
    void introduce();
    /// What the file says has changed: declared anew; under another id, it goes and comes.
    void reconfigure(CameraConfig config);
    /// It is at another address now; empty = nobody knows where.
    void moved(std::string address);

    // It spoke. `json` is the message as it came.
    void registered(const protocols::arlo::Registration& registration, std::string json, Port port);
    void reported(const protocols::arlo::Status& status, std::string json, Port port);
    /// On the disk when it returns. Errors of the event log.
    async::Task<base::Result<>> alerted(Received alert);
    void heard();

    // Errors as camera::CameraDriver says.
    async::Task<base::Result<>> set(std::string setting, camera::Value value,
                                    async::Deadline deadline);
    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Command command);
    async::Task<base::Result<camera::StreamEndpoint>> endpoint(camera::Quality quality,
                                                               async::Deadline deadline);
    /// One at a time: FailedPrecondition with the reason code `talking` for the second.
    async::Task<base::Result<std::unique_ptr<camera::TalkSink>>> talk(async::Deadline deadline);

    // What clients of the old interface ask (device_rest.cpp).
    /// One request, tried again until the deadline; refused registers are for the asker to see.
    async::Task<base::Result<protocols::arlo::Response>> request(protocols::arlo::Body body,
                                                                 async::Deadline deadline);
    /// Registers by name, each at its port. Answers those that the device does not take; the wishes
    /// behind them are the caller's to keep.
    async::Task<base::Result<std::vector<std::string>>> write_registers(
        protocols::arlo::Fields values, async::Deadline deadline);
    /// Tells it to send a picture to a URL of the caller's choice.
    async::Task<base::Result<>> send_picture_to(std::string url, async::Deadline deadline);
    /// Kept, told to the device now if it can be reached, and again after each registration.
    async::Task<base::Result<>> set_zones(std::vector<protocols::arlo::Zone> zones,
                                          async::Deadline deadline);
    void set_friendly_name(std::string name);
    /// FailedPrecondition where the file says battery already.
    base::Result<> set_power(std::string power);
    /// Tells the host everything again, so that it compares wishes with values.
    void declare_again() { declare(); }
    /// It is to be forgotten: nothing of it is written any more.
    void forget() { is_forgotten_ = true; }
    std::chrono::seconds silent_for() const;
    bool is_reachable() const { return word_ == camera::StateWord::Live; }

    /// From time to time: ends what nobody ended, keeps alive what has power.
    void look_around();
    /// Writes what is not on the disk yet.
    async::Task<> save_now();

private:
    using Answer = base::Result<protocols::arlo::Response>;

    // Asking (device_asking.cpp). One request at a time, tried again until the deadline.
    async::Task<Answer> ask(Port port, protocols::arlo::Body body, async::Deadline deadline,
                            camera::WakeCause cause = camera::WakeCause::Settings);
    base::Error has_no_address() const;
    async::Task<Answer> try_once(Port port, const protocols::arlo::Body& body,
                                 async::Deadline deadline);
    /// Answers the registers that were refused; the others are held.
    async::Task<base::Result<std::vector<std::string>>> write(
        Port port, protocols::arlo::Fields values, async::Deadline deadline,
        camera::WakeCause cause = camera::WakeCause::Settings);
    void start_set_up();
    async::Task<> set_up();
    /// Answers whether the device took all of it.
    async::Task<base::Result<bool>> set_up_once(std::uint64_t registration);
    /// Where a device tells what it holds: what differs from what it acknowledged is told once
    /// more, and after that shown (device_reading.cpp).
    async::Task<base::Result<>> read_back();
    async::Task<base::Result<protocols::arlo::Fields>> read_differing();
    async::Task<base::Result<bool>> take_step(Step step, const std::string& quality,
                                              bool took_the_rest);
    async::Task<base::Result<>> set_quality(Batch batch, std::string quality,
                                            async::Deadline deadline);
    async::Task<> wait_for_set_up(async::Deadline deadline);
    // Pictures (device_pictures.cpp).
    async::Task<base::Result<camera::CommandOutcome>> take_snapshot(camera::TakeSnapshot wish,
                                                                    async::Deadline deadline);
    async::Task<base::Result<Picture>> fetch_picture(async::Deadline deadline);
    void take_event_picture();

    async::Task<base::Result<>> tell_zones(async::Deadline deadline);
    void notify(Notice::What what, const Received* alert = nullptr) const;
    void send_clock();
    void keep_alive();

    // Streams, talk-back and the battery (device_media.cpp).
    Policy policy() const;
    void remember(const StoredMedia& media);
    void learn_talk_port(const protocols::arlo::Registration& registration);
    bool has_event() const;
    base::Result<std::optional<camera::Allowance>> allowance();
    std::uint16_t stream_port(camera::Quality quality) const;
    async::Task<base::Result<>> free_it(async::Deadline deadline);
    std::optional<base::Error> meaning_of_refusal() const;
    /// `number` counts the calls of endpoint().
    void heard_of_stream(camera::StreamNews news, std::uint64_t number, camera::Quality quality,
                         std::uint16_t port);
    void stream_ended(const std::optional<base::Error>& error, std::uint64_t number);
    void count_stream(std::chrono::seconds at_least);
    void note_awake(camera::WakeCause cause, base::WallTime from, base::WallTime to);
    void note_event();
    void look_for_runaway(const protocols::arlo::Status& status);
    async::Task<> save_media();

    void hold(const protocols::arlo::Fields& values);
    void learn(std::vector<std::string> registers);
    const std::vector<std::string>& refused() const;

    // Telling.
    void declare();
    void report_settings();
    void report_sensors(const std::vector<std::pair<std::string, camera::SensorValue>>& values);
    void reached();
    void away(const base::Error& why);
    void tell_state(camera::StateWord word, std::optional<camera::Reason> reason);
    void save();

    async::Task<base::Result<>> begins(Happening what, const Received& alert);
    async::Task<base::Result<>> ends(Ends end, const Received& alert);
    async::Task<base::Result<>> tell(const Received& alert, std::string_view kind,
                                     base::WallTime from, std::optional<base::WallTime> to,
                                     std::string* id);
    async::Task<> end_overdue(Happening what);
    void show(Happening what, bool on);
    void note_ongoing();

    Base& base_;
    CameraConfig config_;
    base::Log log_;
    Record record_;
    Family family_;
    std::string charger_;  // of its last message
    bool takes_pictures_ = true;
    std::map<std::string, std::pair<camera::SensorValue, base::WallTime>> sensors_;
    std::map<std::string, camera::Value> told_;  // settings as the host knows them
    std::optional<camera::StateWord> word_;
    std::string told_reason_;  // its code
    base::SteadyTime heard_at_{};

    std::int64_t next_id_ = 1;
    async::Turns turns_, alert_turns_, picture_turns_;
    base::SteadyTime picture_came_{};
    bool event_picture_on_its_way_ = false;
    async::Bell sign_of_life_;  // ends the wait before the next try

    std::uint64_t registrations_ = 0;
    bool is_setting_up_ = false;
    base::SteadyTime set_up_not_before_{};
    async::Backoff set_up_backoff_;    // of set-ups that were refused in part
    asio::steady_timer set_up_ended_;  // its waiters wake
    bool clock_on_its_way_ = false, keep_alive_on_its_way_ = false;

    Ongoing ongoing_;
    struct {
        std::int64_t id = 0;
        std::string json;
        base::SteadyTime at{};
    } last_alert_;
    bool is_saving_ = false, is_dirty_ = false, is_forgotten_ = false;

    Media media_;
    AwakeLog awake_;
    bool is_media_dirty_ = false;
    struct Streaming {
        std::uint64_t number = 0;
        camera::WakeCause cause = camera::WakeCause::Viewer;
        base::SteadyTime counted_to{};  // in media_
        base::WallTime from{};
    };
    std::optional<Streaming> streaming_;
    camera::WakeCause stream_cause_ = camera::WakeCause::Viewer;  // of the last endpoint()
    std::uint64_t streams_ = 0;                                   // calls of endpoint()
    base::SteadyTime rests_until_{};
    std::optional<base::SteadyTime> event_at_;  // its last event began
    bool is_event_share_used_ = false;
    std::optional<camera::PullRtsp::Transport> other_transport_;  // the last one stayed silent

    // Connections that it refused although we have no session with it.
    int refusals_ = 0;  // one after the other
    base::SteadyTime first_refusal_{};
    bool was_asked_to_stop_ = false, was_restarted_ = false;
    std::optional<std::int64_t> user_streamed_s_;  // as last told
    bool streamed_since_status_ = false, runs_away_ = false;

    std::uint16_t talk_port_;
    std::weak_ptr<void> talker_;
};
using DevicePtr = std::shared_ptr<Device>;

}  // namespace casement::drivers::arlo
