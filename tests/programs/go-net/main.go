// A server by Go's own net package on a listening socket that it was handed: two peers at once, each by a goroutine, beside a timer.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"time"
)

func serve(peer net.Conn, done chan<- error) {
	defer peer.Close()
	line, err := bufio.NewReader(peer).ReadString('\n')
	if err == nil {
		_, err = fmt.Fprintf(peer, "you said %s", line)
	}
	done <- err
}

func main() {
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		fmt.Println("no listener:", err)
		os.Exit(1)
	}
	ticks := make(chan int)
	go func() {
		for i := 0; i < 3; i++ {
			time.Sleep(5 * time.Millisecond)
			ticks <- i
		}
	}()
	done := make(chan error)
	for i := 0; i < 2; i++ {
		peer, err := listener.Accept()
		if err != nil {
			fmt.Println("accept:", err)
			os.Exit(1)
		}
		go serve(peer, done)
	}
	for i := 0; i < 3; i++ {
		fmt.Println("tick", <-ticks)
	}
	fmt.Println("served", <-done, <-done)
}
