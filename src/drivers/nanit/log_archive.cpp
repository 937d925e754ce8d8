#include "drivers/nanit/log_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "store/files.hpp"

namespace casement::drivers::nanit {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kMaxPathBytes = 255;

struct Close {
    void operator()(archive* open) const { archive_read_free(open); }
};
using Archive = std::unique_ptr<archive, Close>;

/// Only what a camera sends: every further format is a parser more that a device could break.
Result<Archive> make_reader() {
    Archive out(archive_read_new());
    if (!out) return fail(ErrorKind::ResourceExhausted, "no memory to read the logs");
    if (archive_read_support_filter_gzip(out.get()) != ARCHIVE_OK ||
        archive_read_support_format_tar(out.get()) != ARCHIVE_OK)
        return fail(ErrorKind::Unsupported, "this hub's libarchive reads no tar.gz");
    return out;
}

std::unexpected<base::Error> broken() {
    return base::fail_because("logs-broken", ErrorKind::DataLoss,
                              "the archive of the logs is cut short or no tar.gz");
}

/// A name as it may be shown and compared.
std::optional<std::string> safe_path(const char* name) {
    const std::string_view raw = name != nullptr ? name : "";
    const bool is_plain =
        std::ranges::all_of(raw, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
    if (!is_plain || raw.size() > kMaxPathBytes || raw.starts_with('/')) return std::nullopt;
    std::string out;
    for (std::size_t at = 0; at <= raw.size();) {
        const std::size_t end = std::min(raw.find('/', at), raw.size());
        const std::string_view part = raw.substr(at, end - at);
        if (part == "..") return std::nullopt;
        if (!part.empty() && part != ".") {
            if (!out.empty()) out += '/';
            out += part;
        }
        at = end + 1;
    }
    if (out.empty()) return std::nullopt;
    return out;
}

bool is_link(archive_entry* entry) {
    return archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr;
}

/// A walk through an archive that was opened.
class Walk {
public:
    Walk(Archive open, ArchiveLimits limits) : archive_(std::move(open)), limits_(limits) {}

    /// The path of the next plain file; false at the end.
    Result<bool> next(LogMember& member, std::size_t& left_out) {
        for (;;) {
            archive_entry* entry = nullptr;
            const int status = archive_read_next_header(archive_.get(), &entry);
            if (status == ARCHIVE_EOF) return false;
            if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken();
            // A plain tar, or one that was packed twice: neither is a camera's.
            if (archive_filter_count(archive_.get()) != 2) return broken();
            CASEMENT_TRY(check_size());
            if (++members_ > limits_.max_members)
                return base::fail_because("logs-too-large", ErrorKind::ResourceExhausted,
                                          "the logs have more than {} files", limits_.max_members);
            const auto type = archive_entry_filetype(entry);
            if (type == AE_IFDIR) continue;
            auto path = safe_path(archive_entry_pathname(entry));
            if (type == AE_IFREG && !is_link(entry) && path) {
                member.path = std::move(*path);
                return true;
            }
            ++left_out;
            CASEMENT_TRY(read({}));
        }
    }

    /// What is in the member; answers how long it was. Its head may say another length.
    Result<std::uint64_t> read(const LogSink& sink) {
        std::uint64_t size = 0;
        for (;;) {
            const la_ssize_t n = archive_read_data(archive_.get(), block_.data(), block_.size());
            if (n < 0) return broken();
            if (n == 0) return size;
            const auto length = static_cast<std::size_t>(n);
            size += length;
            unpacked_ += length;
            CASEMENT_TRY(check_size());
            if (!sink) continue;
            CASEMENT_TRY(sink({block_.data(), length}));
        }
    }

private:
    /// A file with holes is longer than what was unpacked of the archive; what was skipped is not
    /// in the file.
    Result<> check_size() const {
        const auto passed = static_cast<std::uint64_t>(
            std::max<la_int64_t>(0, archive_filter_bytes(archive_.get(), 0)));
        if (std::max(unpacked_, passed) <= limits_.max_unpacked_bytes) return {};
        return base::fail_because("logs-too-large", ErrorKind::ResourceExhausted,
                                  "the logs are longer than {} MiB when they are unpacked",
                                  limits_.max_unpacked_bytes >> 20);
    }

    const Archive archive_;
    const ArchiveLimits limits_;
    std::array<char, kBlockBytes> block_{};
    std::size_t members_ = 0;
    std::uint64_t unpacked_ = 0;
};

struct Descriptor {
    explicit Descriptor(int fd) : value(fd) {}
    ~Descriptor() { ::close(value); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    const int value;
};

/// A file and the walk through it.
struct Opened {
    explicit Opened(int fd) : file(fd) {}
    const Descriptor file;
    std::optional<Walk> walk;
};

Result<std::unique_ptr<Opened>> open_file(const std::string& path, ArchiveLimits limits) {
    CASEMENT_TRY(Archive reader, make_reader());
    // Opened here: libarchive says of what is no archive that a wide character is incomplete.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::unexpected(store::file_error(errno, "read " + path));
    auto out = std::make_unique<Opened>(descriptor);
    if (archive_read_open_fd(reader.get(), descriptor, kBlockBytes) != ARCHIVE_OK) return broken();
    out->walk.emplace(std::move(reader), limits);
    return out;
}

Result<LogList> list(Walk& walk) {
    LogList out;
    LogMember member;
    for (;;) {
        CASEMENT_TRY(const bool is_there, walk.next(member, out.left_out));
        if (!is_there) return out;
        CASEMENT_TRY(member.size_bytes, walk.read({}));
        out.members.push_back(std::move(member));
    }
}

bool is_named(std::string_view path, std::string_view name) {
    if (path == name) return true;
    return !name.contains('/') && path.substr(path.rfind('/') + 1) == name;
}

}  // namespace

Result<LogList> list_logs(const std::string& archive, ArchiveLimits limits) {
    CASEMENT_TRY(const auto opened, open_file(archive, limits));
    return list(*opened->walk);
}

Result<LogList> list_logs(base::ByteSpan bytes, ArchiveLimits limits) {
    CASEMENT_TRY(Archive reader, make_reader());
    if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
        return broken();
    return list(*std::make_unique<Walk>(std::move(reader), limits));
}

Result<> read_log(const std::string& archive, std::string_view name, const LogSink& sink,
                  ArchiveLimits limits) {
    CASEMENT_TRY(const auto opened, open_file(archive, limits));
    Walk& walk = *opened->walk;
    LogMember member;
    std::size_t left_out = 0;
    for (;;) {
        CASEMENT_TRY(const bool is_there, walk.next(member, left_out));
        if (!is_there)
            return base::fail_because("no-such-log", ErrorKind::NotFound,
                                      "there is no {} among the logs", name.substr(0, 255));
        const bool is_wanted = is_named(member.path, name);
        CASEMENT_TRY(walk.read(is_wanted ? sink : LogSink{}));
        if (is_wanted) return {};
    }
}

}  // namespace casement::drivers::nanit
