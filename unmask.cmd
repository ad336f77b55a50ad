@echo off
rem Runs Unmask on Windows: finds a JDK, builds what is missing, starts the command line. The script "unmask" is its
rem model; unlike that one it builds only where nothing is built yet (after a change: mvnw -pl train/cli -am package),
rem looks for a JDK in JAVA_HOME and PATH only, leaves TornadoVM out, makes no cache for quick starts, and has no
rem --show-command.
rem   UNMASK_JAVA_OPTS   is added to the options of the JVM
rem Written by the rules of cmd.exe, and not yet run on a Windows machine.
setlocal EnableExtensions DisableDelayedExpansion
set "root=%~dp0"

set "java="
if defined JAVA_HOME if exist "%JAVA_HOME%\bin\javac.exe" set "java=%JAVA_HOME%\bin\java.exe"
if not defined java for %%j in (java.exe) do set "java=%%~$PATH:j"
if not defined java goto nojdk
set "major="
for /f "tokens=2 delims=.-+ " %%v in ('"%java%" --version') do if not defined major set "major=%%v"
if not defined major goto nojdk
if %major% LSS 25 goto nojdk

set "jar="
for %%f in ("%root%train\cli\target\unmask-cli-*.jar") do set "jar=%%f"
if defined jar if exist "%root%train\cli\target\lib" goto run
echo unmask: building, which takes about a minute the first time>&2
for %%d in ("%java%\..\..") do set "JAVA25_HOME=%%~fd"
call "%root%mvnw.cmd" -q -B -ntp -f "%root%pom.xml" -pl train/cli -am -Dmaven.test.skip=true package
if errorlevel 1 (
    echo unmask: the build failed, see the messages above>&2
    exit /b 1
)
for %%f in ("%root%train\cli\target\unmask-cli-*.jar") do set "jar=%%f"

:run
rem Tensors lie outside the heap, so most of the memory goes there.
set "mebibytes=4096"
for /f %%m in ('powershell -NoProfile -Command "[long]((Get-CimInstance Win32_ComputerSystem).TotalPhysicalMemory / 1MB)"') do set "mebibytes=%%m"
set /a heap=mebibytes / 4
set /a direct=mebibytes / 8 * 5
"%java%" --add-modules=jdk.incubator.vector --illegal-native-access=allow -Xmx%heap%m -XX:MaxDirectMemorySize=%direct%m -Dunmask.program=unmask -Dstdin.encoding=UTF-8 -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 %UNMASK_JAVA_OPTS% --module-path "%jar%;%root%train\cli\target\lib" --module dev.unmask.cli/dev.unmask.train.cli.Main %*
exit /b %errorlevel%

:nojdk
echo unmask: no JDK 25 or newer was found: install one, such as Temurin 25, or set JAVA_HOME to the one you have>&2
exit /b 2
