// The telemetry handler of examples/telemetry in Go: what `./bench start` runs as a program of some 3 MB, most of it Go's runtime.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

type event struct {
	SensorID    *string  `json:"sensor_id"`
	MetricValue *float64 `json:"metric_value"`
	Timestamp   *uint64  `json:"timestamp"`
}

func fail(why any) {
	fmt.Fprintln(os.Stderr, "telemetry:", why)
	os.Exit(1)
}

func main() {
	var e event
	if err := json.NewDecoder(os.Stdin).Decode(&e); err != nil {
		fail(err)
	}
	if e.SensorID == nil || e.MetricValue == nil || e.Timestamp == nil {
		fail("a field is missing")
	}
	*e.MetricValue *= 1.042
	out, err := json.Marshal(e)
	if err != nil {
		fail(err)
	}
	os.Stdout.Write(out)
}
