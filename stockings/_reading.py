"""Who looks at the socket for octets: the program, as long as it keeps coming, or the I/O thread.

A thread that waits for a message waits for the socket itself and receives on its own: a detour over
the I/O thread would cost two switches of threads. The first one to wait leads; others wait to be
woken. A read that does not wait asks the socket, too. In between the socket must not be left alone,
since nobody knows when the program will come back, and there are two ways to see to that:

* A program that comes now and then leaves the I/O thread *armed* for the socket (see ``_standby``
  for how it is told without being woken). The leader arms it when it leaves, under one lock, and
  the kernel looks at the socket at the moment of arming.
* A program that has come STREAK times is *at home*: nobody else watches, which spares it two calls
  a message and the I/O thread a wake-up for each. Instead the I/O thread looks every LOOK seconds
  whether the program came since, and arms itself if it did not. So what comes after the program's
  last visit is noticed within twice that time; a visitor notices it at once. Of more than FEW
  connections it looks at some each time, or it would do nothing else, and take many a one away
  from a program that comes round to each of them again and again. While other threads wait for
  messages nobody is at home: the one that has got its message may not come back for long.

That two of them wake up does no harm: to wait is all that anybody does without the lock, and who
then finds the socket empty waits again.
"""
from __future__ import absolute_import, division, print_function

#: Visits after which a program is at home. Few, since each one before may wake the I/O thread for
#: an octet that the program receives as well: 500 connections that echo are half as fast again with
#: 4 as with 8. Not one, since the I/O thread has to look twice until it finds that a program which
#: came once has gone.
STREAK = 4
#: Seconds between two looks whether it still is: below the quantum in which a system that is busy
#: gives a thread its turn (3 to 10 ms), and so long that the looks cost less than a hundredth.
LOOK = 0.003
#: Connections that it looks at each time: a look takes some microseconds, so these a fiftieth of
#: the time. Of very many it looks at more, so that it has seen them all after that many turns.
FEW = 16
TURNS = 64


class ReadingSide(object):
    """Of one connection; everything needs the pump's lock."""

    def __init__(self, descriptor, loop, mayLead):
        self._descriptor = descriptor
        self._loop = loop
        self._mayLead = mayLead
        #: The waiting call that receives, None if there is none.
        self.leader = None
        #: Whether the program is at home, and whether it came since the I/O thread last looked.
        self.atHome = self.visited = False
        # Visits in a row that found the I/O thread armed.
        self._visits = 0
        # Whether the socket is in the standby set, and armed there.
        self._onStandby = self._armed = False

    def lead(self, call):
        """Make ``call`` the leader if there may be one and is none; return whether it is now."""
        if not self._mayLead or self._loop.standby is None:
            if self.leader is call:
                self.leader = None
            return False
        if self.leader is None:
            self.leader = call
            self._onStandby = True
        return self.leader is call

    def takeOver(self, call):
        """lead() in the usual case, where nothing but the arming changes; false if it is not."""
        if self.leader is not None or not self._mayLead:
            return False
        if self.atHome:
            self.visited = True
            self.leader = call
            return True
        if self._armed:
            self.leader = call
            self._armed = not self._loop.standby.arm(self._descriptor, False)
            return not self._armed
        return False

    def giveBack(self, call):
        """End the lead of ``call`` in the usual case; false if ``assign`` has to find out."""
        if self.leader is not call:
            return False
        self.leader = None
        if self.atHome:
            return True
        self._armed = self._loop.standby.arm(self._descriptor, True)
        return self._armed

    def movesIn(self):
        """The program comes and is not at home; return whether it is from now on.

        Then ``assign`` has to follow, and the I/O thread has to learn that it is to look.
        """
        self._visits += 1
        if self._visits < STREAK or not self._mayLead or self._loop.standby is None:
            return False
        self._visits = 0
        self._onStandby = self.atHome = self.visited = True
        return True

    def waitsElsewhere(self):
        """The program waits for something else than to take a message. ``assign`` has to follow.

        So it is not at home: what it waits for may depend on what is received. The same if one of
        its threads has its message, and others still wait for theirs.
        """
        self.atHome = False
        self._visits = 0

    def movesOut(self):
        """The I/O thread looks; return whether the program has left. Then ``assign`` follows."""
        if self.visited:
            self.visited = False
            return False
        self.atHome = False
        return True

    def assign(self, wanted):
        """Have somebody wait if that is ``wanted``; return whether it is for the loop's waiter."""
        if not self._onStandby:
            return wanted
        armed = wanted and self.leader is None and not self.atHome
        if armed != self._armed:
            if not self._loop.standby.arm(self._descriptor, armed):
                # Closed underneath, or no room in the system: the waiter will tell.
                self._onStandby = self._mayLead = self.atHome = False
                return wanted
            self._armed = armed
        return False

    def fired(self):
        """The socket was readable for the I/O thread: an arming is good for one event."""
        self._armed = False

    def retire(self):
        """Have nobody lead any more."""
        self._mayLead = False
        if self.leader is not None:
            self.leader.waker.set()

    def forget(self):
        """Never touch the standby set again."""
        self.leader = None
        self._onStandby = self._mayLead = self.atHome = False
