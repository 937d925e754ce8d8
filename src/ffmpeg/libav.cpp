#include "ffmpeg/libav.hpp"

#include <dlfcn.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <stdexcept>

#include "base/log.hpp"
#include "base/text.hpp"

namespace casement::ffmpeg {

using base::ErrorKind;
using base::Result;

#define CASEMENT_DEFINE_LATE(library, name) constinit LateFunction<decltype(::name)> name;
CASEMENT_LIBAV_FUNCTIONS(CASEMENT_DEFINE_LATE)
#undef CASEMENT_DEFINE_LATE

namespace {

/// By the number that the headers were made for: another one has other structures.
#define CASEMENT_SONAME(library, major) "lib" library ".so." AV_STRINGIFY(major)
constexpr const char* kAvutil = CASEMENT_SONAME("avutil", LIBAVUTIL_VERSION_MAJOR);
constexpr const char* kAvcodec = CASEMENT_SONAME("avcodec", LIBAVCODEC_VERSION_MAJOR);
constexpr const char* kAvformat = CASEMENT_SONAME("avformat", LIBAVFORMAT_VERSION_MAJOR);
constexpr const char* kSwresample = CASEMENT_SONAME("swresample", LIBSWRESAMPLE_VERSION_MAJOR);
constexpr const char* kSwscale = CASEMENT_SONAME("swscale", LIBSWSCALE_VERSION_MAJOR);
#undef CASEMENT_SONAME

Result<void*> open_library(const char* name) {
    // Never closed: codecs keep threads and tables until the process ends.
    void* const handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
    const char* const why = ::dlerror();
    return base::fail_because("codec", ErrorKind::Unsupported,
                              "pictures and sound cannot be converted: {} is missing. Install the "
                              "Debian packages libavcodec59, libavformat59, "
                              "libswresample4 and libswscale6 ({})",
                              name, why ? why : "no reason given");
}

template <typename Function>
Result<> find(void* library, const char* name, Function& into) {
    void* const symbol = ::dlsym(library, name);
    if (!symbol)
        return base::fail_because("codec", ErrorKind::Unsupported,
                                  "the installed libav has no {}: it is another version", name);
    into.point_to(symbol);
    return {};
}

// Decoders complain about every broken packet of a camera: worth reading only when someone looks
// for it.
void log_line(void* /*object*/, int level, const char* format, va_list arguments) {
    if (level > AV_LOG_WARNING || !base::Log::enabled(base::LogLevel::Debug)) return;
    std::array<char, 512> text{};
    if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
    try {
        base::Log().debug("libav says: {}", base::trimmed(text.data()));
    } catch (...) {  // nothing may be thrown through a C callback
    }
}

Result<> load() {
    CASEMENT_TRY(void* const avutil, open_library(kAvutil));
    CASEMENT_TRY(void* const avcodec, open_library(kAvcodec));
    CASEMENT_TRY(void* const avformat, open_library(kAvformat));
    CASEMENT_TRY(void* const swresample, open_library(kSwresample));
    CASEMENT_TRY(void* const swscale, open_library(kSwscale));
#define CASEMENT_FIND_LATE(library, name) \
    if (auto found = find(library, #name, name); !found) return found;
    CASEMENT_LIBAV_FUNCTIONS(CASEMENT_FIND_LATE)
#undef CASEMENT_FIND_LATE
    av_log_set_callback(log_line);
    return {};
}

}  // namespace

Result<> load_libav() {
    static const Result<> loaded = load();
    return loaded;
}

void require_libav() {
    if (const auto loaded = load_libav(); !loaded)
        throw std::runtime_error(loaded.error().message());
}

}  // namespace casement::ffmpeg
