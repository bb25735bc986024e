"""How fast the library is beside raw sockets and other libraries: the verb `bench`."""
