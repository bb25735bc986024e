#!/usr/bin/env perl
# A mirror (conformance/ADAPTERS.md, level 0), and all of an implementation that it takes.
use strict; use warnings; use IO::Socket::INET;
exit 89 unless @ARGV == 3 and "@ARGV[0, 1]" =~ /^--mirror --(connect|listen)$/;
my $sock = IO::Socket::INET->new($1 eq 'connect' ? (PeerAddr => $ARGV[2])
    : (LocalAddr => '127.0.0.1', LocalPort => $ARGV[2], Listen => 1)) or die "no socket: $@\n";
if ($1 eq 'listen') {
    $| = 1;
    print 'listening 127.0.0.1 ', $sock->sockport, "\n";
    $sock = $sock->accept or die "nobody: $!\n";
}
sub take { read($sock, my $octets, $_[0]) == $_[0] or exit 0; $octets }
while (1) {
    my $first = my $octet = ord take 1;
    my ($length, $shift) = ($first & 63, 6);
    for (; $octet < 128; $shift += 7) { $length |= (($octet = ord take 1) & 127) << $shift }
    my $message = $length ? take $length : '';
    utf8::decode($message) unless $first & 64;
    $message = reverse $message;
    utf8::encode($message) unless $first & 64;
    my ($rest, $header) = (int($length / 64), pack 'C', $length % 64 + ($first & 64));
    for (; $rest; $rest = int $rest / 128) { $header .= pack 'C', $rest % 128 }
    substr($header, -1) |= "\x80";
    print $sock $header, $message or exit 1;
    $sock->flush;
}
