// What pictures cost that are asked for one by one: the processor time of this process, in JSON.
//
//   pictures film LIST OUT FPS        the JPEGs named in LIST, as one film
//   pictures live LIST CAMERAS S      CAMERAS streams of one picture a second each, for S seconds

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "ffmpeg/jpeg_to_h264.hpp"
#include "ffmpeg/libav.hpp"
#include "sources/snapshots/film.hpp"
#include "store/files.hpp"

namespace casement {
namespace {

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::vector<media::Bytes> read(const std::string& list) {
    std::vector<media::Bytes> out;
    std::ifstream names(list);
    for (std::string name; std::getline(names, name);) {
        const auto file = store::read_file(name, std::size_t{16} << 20);
        if (file) out.push_back(media::Bytes::copy_of(base::as_bytes(*file)));
    }
    return out;
}

/// As in a hub that runs: what is loaded is loaded. A spawned program pays for its start each time.
int film(const std::string& list, const std::string& path, int frames_per_second) {
    if (!ffmpeg::load_libav()) return 1;
    const double before = cpu_seconds();
    sources::snapshots::Film film(frames_per_second);
    for (const media::Bytes& jpeg : read(list)) {
        const auto taken = film.add(jpeg);
        if (!taken || *taken != sources::snapshots::Film::Taken::Yes) return 1;
    }
    const auto file = film.finish();
    if (!file) return 1;
    std::ofstream(path, std::ios::binary) << *file;
    std::printf("{\"pictures\": %d, \"cpu_s\": %.4f, \"bytes\": %zu}\n", film.pictures(),
                cpu_seconds() - before, file->size());
    return 0;
}

int live(const std::string& list, int cameras, int seconds) {
    const auto jpegs = read(list);
    std::vector<std::unique_ptr<ffmpeg::JpegToH264>> encoders;
    for (int i = 0; i < cameras; ++i) encoders.push_back(std::make_unique<ffmpeg::JpegToH264>());
    const auto began = std::chrono::steady_clock::now();
    const double before = cpu_seconds();
    std::size_t next = 0;
    for (int s = 0; s < seconds; ++s) {
        for (int i = 0; i < cameras; ++i) {
            std::this_thread::sleep_until(began +
                                          std::chrono::milliseconds(s * 1000 + i * 1000 / cameras));
            media::AccessUnit unit;
            unit.key = true;
            unit.pts = unit.dts = s * 90'000;
            unit.data = jpegs[next++ % jpegs.size()];
            std::vector<media::AccessUnit> made;
            if (!encoders[static_cast<std::size_t>(i)]->push(unit, made) || made.empty()) return 1;
        }
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
    std::printf("{\"cameras\": %d, \"cores\": %.4f, \"cpu_ms_per_picture\": %.3f}\n", cameras,
                (cpu_seconds() - before) / wall.count(),
                (cpu_seconds() - before) * 1000 / (cameras * seconds));
    return 0;
}

}  // namespace
}  // namespace casement

int main(int count, char** words) {
    const std::string what = count == 5 ? words[1] : "";
    if (what == "film") return casement::film(words[2], words[3], std::atoi(words[4]));
    if (what == "live") return casement::live(words[2], std::atoi(words[3]), std::atoi(words[4]));
    std::fputs("pictures film LIST OUT FPS | pictures live LIST CAMERAS SECONDS\n", stderr);
    return 2;
}
