// @NAME@: an event is stdin, what it answers is stdout; what it has to say to whoever runs it is stderr.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	event, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	name := strings.TrimRight(string(event), "\r\n")
	if name == "" {
		name = "world"
	}
	fmt.Printf("Hello, %s!\n", name)
}
