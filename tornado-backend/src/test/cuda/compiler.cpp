// Stands in for NVRTC, libnvrtc.so.13: CUDA C is compiled by the C++ compiler of the host. The environment's
// STAND_IN_SOURCES names a folder to keep the sources in.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>

#include "stream.h"

namespace {
namespace fs = std::filesystem;

constexpr int SUCCESS = 0;
constexpr int COMPILATION_ERROR = 6;
constexpr int ARCHITECTURES[] = {80, 90, 100};

struct Program {
    std::string source;
    std::string image;
    std::string log;
};

std::string environment(const char *name, const std::string &otherwise) {
    const char *value = std::getenv(name);
    return value ? value : otherwise;
}

/** The folder of this library, where the headers and the other libraries lie too. */
fs::path home() {
    Dl_info info;
    return dladdr(reinterpret_cast<void *>(&home), &info) ? fs::path(info.dli_fname).parent_path() : fs::path(".");
}

/** Where sources and code lie until the process ends. */
class Folder {
public:
    Folder() : kept(environment("STAND_IN_SOURCES", "")) {
        if (kept.empty()) {
            std::string name = (fs::temp_directory_path() / "cuda-stand-in-XXXXXX").string();
            path = mkdtemp(name.data());
        } else {
            path = kept;
            fs::create_directories(path);
        }
    }
    ~Folder() {
        if (kept.empty()) {
            std::error_code ignored;
            fs::remove_all(path, ignored);
        }
    }
    /** A file that nobody has yet, without its extension. */
    std::string next() { return (path / (std::to_string(getpid()) + "-" + std::to_string(count++))).string(); }

private:
    std::string kept;
    fs::path path;
    std::atomic<int> count{0};
};

/** The source as C++, with a function for each kernel that binds its arguments. */
std::string translated(const std::string &source) {
    std::string text = std::regex_replace(
        source,
        std::regex(R"(extern\s+__shared__\s+(\w+)\s+(\w+)\s*\[\s*\]\s*;)"),
        "$1 *$2 = static_cast<$1 *>(standInShared());");
    std::ostringstream out;
    out << "#include \"kernel.h\"\n" << text << "\n";
    bool waits = std::regex_search(source, std::regex("__sync|_sync\\(|mma\\.sync"));
    out << "extern \"C\" const bool " << STAND_IN_WAITS << " = " << (waits ? "true" : "false") << ";\n";
    std::regex kernel(R"(__global__\s+void\s+(?:__launch_bounds__\s*\([^)]*\)\s*)?(\w+)\s*\()");
    std::set<std::string> names;
    for (std::sregex_iterator at(source.begin(), source.end(), kernel), end; at != end; ++at) {
        names.insert((*at)[1]);
    }
    for (const std::string &name : names) {
        out << "extern \"C\" std::function<void()> " << STAND_IN_BIND << name
            << "(void **arguments) { return standInBound(" << name << ", arguments); }\n";
    }
    return out.str();
}

std::string read(const fs::path &file) {
    std::ifstream in(file);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
} // namespace

extern "C" {
int nvrtcVersion(int *major, int *minor) {
    *major = 13;
    *minor = 0;
    return SUCCESS;
}

const char *nvrtcGetErrorString(int) { return "an error of the stand-in for NVRTC"; }

int nvrtcGetNumSupportedArchs(int *count) {
    *count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
    return SUCCESS;
}

int nvrtcGetSupportedArchs(int *architectures) {
    std::memcpy(architectures, ARCHITECTURES, sizeof ARCHITECTURES);
    return SUCCESS;
}

int nvrtcCreateProgram(
    Program **program, const char *source, const char *, int, const char *const *, const char *const *) {
    *program = new Program{source, "", ""};
    return SUCCESS;
}

int nvrtcDestroyProgram(Program **program) {
    delete *program;
    *program = nullptr;
    return SUCCESS;
}

int nvrtcCompileProgram(Program *program, int count, const char *const *options) {
    std::string defined;
    for (int i = 0; i < count; i++) {
        if (std::strncmp(options[i], "-D", 2) == 0) {
            defined += std::string(" '") + options[i] + "'";
        }
    }
    static Folder folder;
    std::string file = folder.next();
    std::ofstream(file + ".cpp") << translated(program->source);
    std::string command = environment("CXX", "g++")
        + " -std=c++20 -O2 -march=native -fPIC -shared -Wl,-Bsymbolic -w -I '" + home().string() + "'" + defined
        + " -o '" + file + ".so' '" + file + ".cpp' '" + (home() / "libcuda.so.1").string() + "' 2>'" + file + ".log'";
    int status = std::system(command.c_str());
    program->log = read(file + ".log");
    if (status != 0) {
        std::fprintf(stderr, "stand-in for NVRTC:\n%s\n", program->log.c_str());
        return COMPILATION_ERROR;
    }
    program->image = STAND_IN_IMAGE + file + ".so";
    return SUCCESS;
}

int nvrtcGetCUBINSize(Program *program, std::size_t *size) {
    *size = program->image.size() + 1;
    return SUCCESS;
}

int nvrtcGetCUBIN(Program *program, char *image) {
    std::memcpy(image, program->image.c_str(), program->image.size() + 1);
    return SUCCESS;
}

int nvrtcGetPTXSize(Program *program, std::size_t *size) { return nvrtcGetCUBINSize(program, size); }

int nvrtcGetPTX(Program *program, char *image) { return nvrtcGetCUBIN(program, image); }

int nvrtcGetProgramLogSize(Program *program, std::size_t *size) {
    *size = program->log.size() + 1;
    return SUCCESS;
}

int nvrtcGetProgramLog(Program *program, char *log) {
    std::memcpy(log, program->log.c_str(), program->log.size() + 1);
    return SUCCESS;
}
}
