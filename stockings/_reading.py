"""Who waits for the socket to become readable: one waiting read, or the I/O thread.

A thread that waits for a message waits for the socket itself and receives on its own: a detour over
the I/O thread would cost two switches of threads. The first one to wait leads; others wait to be
woken. When the leader returns, the I/O thread has to be there again at once, since nobody knows
when the program will come back. See ``_standby`` for how it is told without being woken.

The reading side is never without somebody: the leader leaves and the I/O thread is armed under one
lock, and the kernel looks at the socket at the moment of arming. That both wake up does no harm: to
wait is all that anybody does without the lock, and who then finds the socket empty waits again.
"""
from __future__ import absolute_import, division, print_function


class ReadingSide(object):
    """Of one connection; everything needs the pump's lock."""

    def __init__(self, descriptor, loop, mayLead):
        self._descriptor = descriptor
        self._loop = loop
        self._mayLead = mayLead
        #: The waiting call that receives, None if there is none.
        self.leader = None
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
        if self.leader is None and self._armed and self._mayLead:
            self.leader = call
            self._armed = not self._loop.standby.arm(self._descriptor, False)
            return not self._armed
        return False

    def giveBack(self, call):
        """End the lead of ``call`` in the usual case; false if ``assign`` has to find out."""
        if self.leader is call:
            self.leader = None
            self._armed = self._loop.standby.arm(self._descriptor, True)
            return self._armed
        return False

    def assign(self, wanted):
        """Have somebody wait if that is ``wanted``; return whether it is for the loop's waiter."""
        if not self._onStandby:
            return wanted
        armed = wanted and self.leader is None
        if armed != self._armed:
            if not self._loop.standby.arm(self._descriptor, armed):
                # Closed underneath, or no room in the system: the waiter will tell.
                self._onStandby = self._mayLead = False
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
        self._onStandby = self._mayLead = False
