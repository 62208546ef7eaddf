module mote.example/network

go 1.22
