"""Three recorded traders on recorded ticks, copied by real processes, judged by an oracle apart."""
