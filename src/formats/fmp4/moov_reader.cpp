#include "formats/fmp4/moov_reader.hpp"

#include <algorithm>

#include "formats/fmp4/box.hpp"
#include "formats/fmp4/sample_entry.hpp"

namespace casement::formats::fmp4 {

namespace {

using base::ErrorKind;

constexpr std::size_t kMaxSampleEntries = 16;
constexpr std::uint32_t kMaxTrackId = 65'536;
constexpr std::uint32_t kMaxClockRate = 1'000'000'000;  // QuickTime writers use up to nanoseconds

std::unexpected<base::Error> broken(std::string_view what) {
    return base::fail(ErrorKind::DataLoss, "mp4: {} is broken", what);
}

/// A number of tkhd or mdhd that stands behind the two dates, whose width the version tells.
std::optional<std::uint32_t> number_behind_dates(ByteSpan body) {
    ByteReader in(body);
    in.skip(read_full_box(in).version == 1 ? 16 : 8);
    const std::uint32_t value = in.u32();
    return in.failed() ? std::nullopt : std::optional(value);
}

base::Result<> read_stsd(ByteSpan body, TrackSetup& setup) {
    ByteReader in(body);
    (void)read_full_box(in);
    const std::uint32_t count = in.u32();
    if (in.failed() || count == 0 || count > kMaxSampleEntries) return broken("stsd");
    BoxWalk walk(in.rest());
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto box = walk.next();
        if (!box) return broken("stsd");
        CASEMENT_TRY(SampleEntry entry, parse_sample_entry(box->type, box->body));
        if (i == 0) setup.nal_length_bytes = entry.nal_length_bytes;
        // One length width and one codec for a track: files that mix them do not exist outside of
        // tests.
        if (i > 0 && (entry.nal_length_bytes != setup.nal_length_bytes ||
                      entry.parameters->codec != setup.descriptions[0]->codec)) {
            return base::fail_because("codec", ErrorKind::Unsupported,
                                      "mp4: a track changes its codec");
        }
        setup.descriptions.push_back(std::move(entry.parameters));
    }
    return {};
}

base::Result<TrackSetup> read_trak(ByteSpan trak) {
    TrackSetup setup;
    const auto tkhd = find_box(trak, "tkhd");
    const auto mdia = find_box(trak, "mdia");
    const auto mdhd = mdia ? find_box(mdia->body, "mdhd") : std::nullopt;
    const auto minf = mdia ? find_box(mdia->body, "minf") : std::nullopt;
    const auto stbl = minf ? find_box(minf->body, "stbl") : std::nullopt;
    const auto stsd = stbl ? find_box(stbl->body, "stsd") : std::nullopt;
    if (!tkhd || !mdhd || !stsd) return broken("trak");
    setup.track_id = number_behind_dates(tkhd->body).value_or(0);
    const std::uint32_t clock_rate = number_behind_dates(mdhd->body).value_or(0);
    if (setup.track_id == 0 || setup.track_id > kMaxTrackId || clock_rate == 0 ||
        clock_rate > kMaxClockRate)
        return broken("trak");
    CASEMENT_TRY(read_stsd(stsd->body, setup));
    setup.track.id = static_cast<int>(setup.track_id) - 1;
    setup.track.clock_rate = clock_rate;
    setup.track.parameters = setup.descriptions.front();
    setup.track.codec = setup.track.parameters->codec;
    return setup;
}

base::Result<> read_trex(ByteSpan body, std::vector<TrackSetup>& setups) {
    ByteReader in(body);
    (void)read_full_box(in);
    const std::uint32_t track_id = in.u32();
    const std::uint32_t description = in.u32(), duration = in.u32(), size = in.u32(),
                        flags = in.u32();
    if (in.failed()) return broken("trex");
    const auto setup = std::ranges::find(setups, track_id, &TrackSetup::track_id);
    if (setup == setups.end()) return {};
    setup->default_description = description;
    setup->default_duration = duration;
    setup->default_size = size;
    setup->default_flags = flags;
    return {};
}

}  // namespace

base::Result<std::vector<TrackSetup>> read_moov(ByteSpan moov) {
    std::vector<TrackSetup> setups;
    std::optional<base::Error> unsupported;
    bool fragmented = false;
    BoxWalk walk(moov);
    while (const auto box = walk.next()) {
        if (box->is("mvex")) fragmented = true;
        if (!box->is("trak")) continue;
        auto setup = read_trak(box->body);
        if (!setup && !setup.error().is(ErrorKind::Unsupported))
            return std::unexpected(std::move(setup).error());
        if (!setup) {
            unsupported = std::move(setup).error();
        } else if (std::ranges::find(setups, setup->track_id, &TrackSetup::track_id) !=
                       setups.end() ||
                   setups.size() == kMaxTracks) {
            return broken("moov");
        } else {
            setups.push_back(std::move(*setup));
        }
    }
    if (walk.broken()) return broken("moov");
    if (setups.empty() && unsupported) return std::unexpected(*unsupported);
    if (setups.empty()) return broken("moov without tracks");
    if (!fragmented) return base::fail(ErrorKind::Unsupported, "mp4: not a fragmented file");
    const auto mvex = find_box(moov, "mvex");
    BoxWalk extends(mvex->body);
    while (const auto box = extends.next()) {
        if (!box->is("trex")) continue;
        CASEMENT_TRY(read_trex(box->body, setups));
    }
    return setups;
}

}  // namespace casement::formats::fmp4
