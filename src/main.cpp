// casement: app/run.hpp has the commands, app/house.hpp the hub.

#include <iostream>
#include <string>
#include <vector>

#include "app/house.hpp"
#include "app/run.hpp"

int main(int argc, char** argv) {
    const casement::base::SystemClock clock;
    casement::app::World world = casement::app::process_world(clock);
    world.serve = [](const casement::app::Start& start) {
        return casement::app::serve(start, casement::app::make_house, std::cerr);
    };
    return casement::app::run(std::vector<std::string>(argv + 1, argv + argc), world);
}
