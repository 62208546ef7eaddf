module mote.example/program

go 1.22
