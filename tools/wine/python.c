/* python.exe: all of Python is in its DLL, which PYTHON names. */
#include <windows.h>

#ifdef WIDE
typedef wchar_t character;
#define main wmain
#else
typedef char character;
#endif
typedef int (*entry)(int, character **);

int main(int count, character **words)
{
    HMODULE python = LoadLibraryA(PYTHON);
    entry run = python ? (entry)(void *)GetProcAddress(python, "Py_Main") : NULL;
    return run ? run(count, words) : 99;
}
