// SPDX-License-Identifier: Apache-2.0

// client METHOD [PARAMETERS]: calls the daemon by the varlink package for Go, which knows of Quell only what the daemon
// tells, and prints the reply as JSON. "describe" fetches the interface and parses it. A method's error is printed by
// its name and ends with 1.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/varlink/go/varlink"
	"github.com/varlink/go/varlink/idl"
)

const address = "unix:/run/quell/quell.sock"

func fail(what ...interface{}) {
	fmt.Println(what...)
	os.Exit(1)
}

func describe(ctx context.Context, connection *varlink.Connection) {
	var vendor, product, version, url string
	var interfaces []string
	if err := connection.GetInfo(ctx, &vendor, &product, &version, &url, &interfaces); err != nil {
		fail(err)
	}
	text, err := connection.GetInterfaceDescription(ctx, "io.quell")
	if err != nil {
		fail(err)
	}
	parsed, err := idl.New(text)
	if err != nil {
		fail(err)
	}
	reply, _ := json.Marshal(map[string]interface{}{"product": product, "interfaces": interfaces, "name": parsed.Name,
		"methods": len(parsed.Methods), "errors": len(parsed.Errors)})
	fmt.Println(string(reply))
}

func main() {
	ctx := context.Background()
	connection, err := varlink.NewConnection(ctx, address)
	if err != nil {
		fail(err)
	}
	defer connection.Close()
	if os.Args[1] == "describe" {
		describe(ctx, connection)
		return
	}
	parameters := map[string]interface{}{}
	if len(os.Args) > 2 {
		if err := json.Unmarshal([]byte(os.Args[2]), &parameters); err != nil {
			fail(err)
		}
	}
	var reply json.RawMessage
	if err := connection.Call(ctx, "io.quell."+os.Args[1], parameters, &reply); err != nil {
		if named, ok := err.(*varlink.Error); ok {
			fail(named.Name)
		}
		fail(err)
	}
	fmt.Println(string(reply))
}
