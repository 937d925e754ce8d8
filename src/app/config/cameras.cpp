// The cameras of the configuration: their keys, what fits together, and the names they refer to.

#include <algorithm>
#include <cctype>

#include "app/config/sections.hpp"

namespace casement::app::config {

using namespace std::chrono_literals;

const Fields<Camera>& fields_of(std::type_identity<Camera>) {
    static const Fields<Camera> fields = [] {
        Fields<Camera> out{
            field("name", &Camera::name, "what people read; the id where it is not given",
                  [](const std::string& name) {
                      return name.size() > 120 ? std::string("must be 120 characters at most")
                                               : std::string{};
                  }),
            field("source", &Camera::source,
                  "a URL to fetch from; push where the camera comes to the hub; file:///path plays "
                  "a file over and over"),
            field("push_key", &Camera::push_key,
                  "for push: the secret end of the address; made and kept by the hub where it is "
                  "not given, and shown by casement camera NAME --push-address",
                  [](const base::Secret& key) {
                      // 12 characters of a keyboard's letters and digits take years to guess at one
                      // try per millisecond.
                      if (!key.empty() && key.reveal().size() < 12)
                          return std::string("is shorter than 12 characters and could be guessed");
                      // Cameras send an address as it was typed, some encode it and some do not.
                      const bool is_plain = std::ranges::all_of(key.reveal(), [](unsigned char c) {
                          return std::isalnum(c) != 0 || c == '-' || c == '_';
                      });
                      return is_plain ? std::string{}
                                      : std::string(
                                            "is the end of an address and must be made of letters, "
                                            "digits, - and _ alone");
                  }),
            field("nest", &Camera::nest, "a camera of a nest account"),
            field("nanit", &Camera::nanit, "a camera of a nanit account"),
            field("arlo", &Camera::arlo, "an Arlo camera"),
            field("transport", &Camera::transport,
                  "rtsp: how packets travel; auto tries tcp first"),
            field("keep_alive", &Camera::keep_alive,
                  "rtsp: the request that keeps the session; auto takes what the camera says it "
                  "knows"),
            field("receiver_report_interval", &Camera::receiver_report_interval,
                  "rtsp: how often the camera hears that it is watched; some go silent after "
                  "seconds without",
                  [](const std::optional<Milliseconds>& v) {
                      return v ? between<Milliseconds>(100ms, 60s, "100ms and 60s")(*v)
                               : std::string{};
                  }),
            field("interval", &Camera::interval,
                  "http: ask for single pictures this often, instead of reading one endless answer",
                  [](const std::optional<Milliseconds>& v) {
                      return v ? between<Milliseconds>(100ms, 24h, "100ms and 24h")(*v)
                               : std::string{};
                  }),
            field("on_demand", &Camera::on_demand,
                  "connect only while somebody watches or an event is recorded"),
            field("audio", &Camera::audio,
                  "off drops the sound before anybody hears or records it"),
            field(
                "sound_events", &Camera::sound_events,
                "the hub listens: what is louder than the room for a moment is a \"sound\" event; "
                "not written: on for nanit cameras, whose own come from their cloud and late"),
            field("way", &Camera::way, "nest: how pictures travel"),
            field("snapshots", &Camera::snapshots, "nest: when pictures are asked for one by one"),
            field("power", &Camera::power,
                  "arlo: a battery is spared: nothing is streamed that nobody watches and no event "
                  "asks for, unless record.mode says so; not written: as the camera says itself"),
        };
        auto record =
            field("record", &Camera::record, "what differs from defaults.record; the same keys");
        record.shape = [about = record.about](const Camera&) {
            Shape shape;
            shape.name = "record";
            shape.kind = "a mapping";
            shape.about = about;
            return shape;
        };
        out.push_back(std::move(record));
        return out;
    }();
    return fields;
}

namespace {

const base::Url* url_of(const Camera& camera) {
    const auto* pull = std::get_if<PullSource>(&camera.source);
    return pull != nullptr ? &pull->url : nullptr;
}

bool has_scheme(const Camera& camera, std::string_view plain, std::string_view secure) {
    const base::Url* url = url_of(camera);
    return url != nullptr && (url->scheme == plain || url->scheme == secure);
}

/// Keys that are right but do nothing here: a warning, because the file may be on its way to
/// another source.
void warn_of_idle_keys(const Value& value, const Camera& camera) {
    struct Rule {
        std::string_view key;
        bool has_effect;
        std::string_view needs;
    };
    const bool is_rtsp = has_scheme(camera, "rtsp", "rtsps") || camera.arlo.has_value();
    const Rule rules[] = {
        {"transport", is_rtsp, "an rtsp source"},
        {"keep_alive", is_rtsp, "an rtsp source"},
        {"receiver_report_interval", is_rtsp, "an rtsp source"},
        {"interval", has_scheme(camera, "http", "https"), "an http source"},
        {"push_key", std::holds_alternative<PushSource>(camera.source), "source: push"},
        {"way", camera.nest.has_value() || !url_of(camera), "a nest camera"},
        {"snapshots", camera.nest.has_value() || !url_of(camera), "a nest camera"},
        {"power", camera.arlo.has_value() || !url_of(camera), "an arlo camera"},
    };
    for (const Rule& rule : rules) {
        const Node* node = value.node().find(rule.key);
        if (node == nullptr || rule.has_effect) continue;
        const Value at(value.reading(), *node, value.path() + "." + std::string(rule.key));
        at.warning(fmt::format("{} does nothing here: it needs {}", at.path(), rule.needs));
    }
    const bool is_spared = camera.power == Power::Battery && !camera.has_record_mode;
    if (camera.on_demand && camera.record.mode == RecordMode::Always && !is_spared) {
        const Node* node = value.node().find("on_demand");
        const Value at(value.reading(), node != nullptr ? *node : value.node(),
                       value.path() + ".on_demand");
        at.warning(
            fmt::format("{} does nothing while the camera is recorded always; write record: "
                        "{{mode: off}} or {{mode: events}} beside it",
                        at.path()));
    }
}

}  // namespace

bool check_fields(const Value& value, const Camera& camera) {
    std::vector<std::string_view> ways;
    for (const std::string_view key : {"source", "nest", "nanit", "arlo"}) {
        if (value.node().find(key) != nullptr) ways.push_back(key);
    }
    if (ways.size() > 1) {
        value.error(fmt::format("{} has {} and {}: a camera has one way in", value.path(), ways[0],
                                ways[1]));
        return false;
    }
    // Keys of a camera whose source could not be read would be judged wrongly.
    const bool is_readable = ways.empty() || camera.is_vendor_camera() ||
                             !std::holds_alternative<std::monostate>(camera.source);
    if (is_readable) warn_of_idle_keys(value, camera);
    return true;
}

const Camera* Config::camera(std::string_view id) const {
    const auto found = std::ranges::find(cameras, id, &Camera::id);
    return found == cameras.end() ? nullptr : &*found;
}

bool Config::needs_rtmp() const {
    return rtmp.is_asked_for ||
           std::ranges::any_of(
               cameras,
               [](const Camera& c) { return std::holds_alternative<PushSource>(c.source); }) ||
           std::ranges::any_of(accounts,
                               [](const Account& a) { return a.vendor == Vendor::Nanit; });
}

}  // namespace casement::app::config
