// SPDX-License-Identifier: Apache-2.0
#include "user/control/standard.h"

#include "user/control/interface.h"

namespace quell::control {

namespace {

constexpr std::string_view kStandardDescription = R"(# The Varlink Service Interface is provided by every varlink service. It
# describes the service and the interfaces it implements.
interface org.varlink.service

# Get a list of all the interfaces a service provides and information
# about the implementation.
method GetInfo() -> (
  vendor: string,
  product: string,
  version: string,
  url: string,
  interfaces: []string
)

# Get the description of an interface that is implemented by this service.
method GetInterfaceDescription(interface: string) -> (description: string)

# The requested interface was not found.
error InterfaceNotFound (interface: string)

# The requested method was not found
error MethodNotFound (method: string)

# The interface defines the requested method, but the service does not
# implement it.
error MethodNotImplemented (method: string)

# One of the passed parameters is invalid.
error InvalidParameter (parameter: string)

# Method is expected to be called with 'more' set to true, but wasn't.
error ExpectedMore ()
)";

const Interface& standard_interface() {
    static const Interface kParsed = parse_interface(kStandardDescription).value();
    return kParsed;
}

}  // namespace

void answer_standard(const Call& call, Responder responder) {
    const Interface& interface = standard_interface();
    const auto method = interface.methods.find(call.method);
    if (method == interface.methods.end()) return responder.error(errors::kMethodNotFound, {{"method", call.full_name()}});
    if (const auto bad = mismatch(interface, method->second.in, call.parameters))
        return responder.error(errors::kInvalidParameter, {{"parameter", *bad}});
    if (call.method == "GetInfo")
        return responder.reply({{"vendor", "Quell"},
                                {"product", "quelld"},
                                {"version", QUELL_VERSION},
                                {"url", "https://varlink.org/"},
                                {"interfaces", {kStandardInterface, quell_interface().name}}});
    const std::string wanted = string_member(call.parameters, "interface");
    if (wanted == kStandardInterface) return responder.reply({{"description", kStandardDescription}});
    if (wanted == quell_interface().name) return responder.reply({{"description", quell_interface_description()}});
    responder.error(errors::kInterfaceNotFound, {{"interface", wanted}});
}

}  // namespace quell::control
