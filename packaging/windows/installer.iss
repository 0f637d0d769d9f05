; Inno Setup 6. Per user, no administrator needed:
;   iscc /DVersion=0.1.0 packaging\windows\installer.iss
; Silent: setup.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART [/TASKS="desktopicon,contextmenu"]
; Silent uninstall keeps the user's data; /PURGE=1 takes it along.
#ifndef Version
  #error Pass /DVersion=X.Y.Z: deepfake_desktop/__init__.py has it
#endif
#define Name "Deepfake Desktop"
#define Id "deepfake-desktop"
#define Root "..\.."

[Setup]
AppId={{6B5C2B1E-6B0E-4A55-9F5B-3B0D9A6C7D21}
AppName={#Name}
AppVersion={#Version}
AppVerName={#Name} {#Version}
AppPublisher=The Deepfake Desktop authors
VersionInfoVersion={#Version}
; Per user by default; an administrator may choose all users with /ALLUSERS.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline
DefaultDirName={autopf}\{#Name}
DefaultGroupName={#Name}
DisableProgramGroupPage=yes
DisableDirPage=auto
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile={#Root}\LICENSE
OutputDir={#Root}\dist
OutputBaseFilename={#Id}-{#Version}-windows-x86_64-setup
SetupIconFile={#Root}\build\icons\app.ico
UninstallDisplayIcon={app}\{#Id}.exe
UninstallDisplayName={#Name}
WizardStyle=modern
Compression=lzma2/max
; The two programs hold the same modules: a dictionary this large stores them once.
LZMADictionarySize=131072
SolidCompression=yes
LZMAUseSeparateProcess=yes
CloseApplications=yes
RestartApplications=no
ChangesAssociations=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[CustomMessages]
en.ContextMenuTask=Add "Examine with {#Name}" to the context menu of videos
de.ContextMenuTask=„Mit {#Name} untersuchen“ ins Kontextmenü von Videos aufnehmen
en.ContextMenu=Examine with {#Name}
de.ContextMenu=Mit {#Name} untersuchen
en.KeepData=Keep your own checkpoints, settings and history? They are needed if you install {#Name} again.
de.KeepData=Eigene Checkpoints, Einstellungen und Verlauf behalten? Sie werden gebraucht, wenn {#Name} wieder installiert wird.

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "contextmenu"; Description: "{cm:ContextMenuTask}"; Flags: unchecked

[Files]
Source: "{#Root}\dist\{#Id}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[InstallDelete]
; An update must not leave libraries of the version before.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{autoprograms}\{#Name}"; Filename: "{app}\{#Id}.exe"
Name: "{autodesktop}\{#Name}"; Filename: "{app}\{#Id}.exe"; Tasks: desktopicon

[Registry]
; "Open with": the program is offered for videos and takes nothing over.
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "{#Name}"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\shell\open\command"; ValueType: string; ValueData: """{app}\{#Id}.exe"" ""%1"""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".mp4"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".mov"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".m4v"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".mkv"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".webm"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".avi"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".3gp"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".wmv"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".flv"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".mpg"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".mpeg"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".ts"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".mts"; ValueData: ""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Id}.exe\SupportedTypes"; ValueType: string; ValueName: ".gif"; ValueData: ""; Flags: uninsdeletekey
; The context menu entry, for whatever Windows perceives as a video.
Root: HKA; Subkey: "Software\Classes\SystemFileAssociations\video\shell\{#Id}"; ValueType: string; ValueData: "{cm:ContextMenu}"; Tasks: contextmenu; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\SystemFileAssociations\video\shell\{#Id}"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\{#Id}.exe"; Tasks: contextmenu
Root: HKA; Subkey: "Software\Classes\SystemFileAssociations\video\shell\{#Id}\command"; ValueType: string; ValueData: """{app}\{#Id}.exe"" ""%1"""; Tasks: contextmenu

[Run]
Filename: "{app}\{#Id}.exe"; Description: "{cm:LaunchProgram,{#Name}}"; Flags: nowait postinstall skipifsilent

[Code]
procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Purge: Boolean;
begin
  if Step <> usPostUninstall then
    exit;
  Purge := ExpandConstant('{param:PURGE|0}') = '1';
  if not Purge and not UninstallSilent then
    Purge := MsgBox(CustomMessage('KeepData'), mbConfirmation, MB_YESNO) = IDNO;
  if Purge then
    DelTree(ExpandConstant('{localappdata}\{#Id}'), True, True, True);
end;
