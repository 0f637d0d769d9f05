<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Deepfake Desktop</source>
        <translation>Über Deepfake Desktop</translation>
    </message>
    <message>
        <source>Version {0}</source>
        <translation>Version {0}</translation>
    </message>
    <message>
        <source>Finds deepfaked faces in a video, offline, and shows why.</source>
        <translation>Findet gefälschte Gesichter in einem Video, ohne Netz, und zeigt warum.</translation>
    </message>
    <message>
        <source>Free software under the MIT licence, icons included.</source>
        <translation>Freie Software unter der MIT-Lizenz, einschließlich der Symbole.</translation>
    </message>
    <message>
        <source>Self-test</source>
        <translation>Selbsttest</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>AddingForm</name>
    <message>
        <source>Not known: treat as assumed</source>
        <translation>Nicht bekannt: als Annahme behandeln</translation>
    </message>
    <message>
        <source>Trained for frames</source>
        <translation>Trainiert für Bilder</translation>
    </message>
    <message>
        <source>Stated accuracy</source>
        <translation>Angegebene Genauigkeit</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>Kürzel</translation>
    </message>
    <message>
        <source>Class order</source>
        <translation>Klassenreihenfolge</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Add {0}</source>
        <translation>{0} hinzufügen</translation>
    </message>
    <message>
        <source>Will be named {0}</source>
        <translation>Wird {0} heißen</translation>
    </message>
</context>
<context>
    <name>AnalysisSettings</name>
    <message>
        <source>Sequence length</source>
        <extracomment>Figures that are not shown as they are. The texts in the metadata of AnalysisSettings, for the translators&apos; tool to find.</extracomment>
        <translation>Sequenzlänge</translation>
    </message>
    <message>
        <source>Consecutive sampled frames the network reads at once.</source>
        <translation>Aufeinanderfolgende Bilder, die das Netz auf einmal liest.</translation>
    </message>
    <message>
        <source>Insist on this length</source>
        <translation>Auf dieser Länge bestehen</translation>
    </message>
    <message>
        <source>Fail when no checkpoint was trained for exactly this sequence length.</source>
        <translation>Abbrechen, wenn kein Modell für genau diese Sequenzlänge trainiert wurde.</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Automatic picks the most accurate one for the sequence length.</source>
        <translation>Automatisch nimmt das genaueste für die Sequenzlänge.</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Auswahl der Bilder</translation>
    </message>
    <message>
        <source>Frame budget</source>
        <translation>Höchstzahl der Bilder</translation>
    </message>
    <message>
        <source>At most this many frames are examined when sampling is spread.</source>
        <translation>Höchstens so viele Bilder werden bei verteilter Auswahl untersucht.</translation>
    </message>
    <message>
        <source>Face detector</source>
        <translation>Gesichtserkennung</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>Genauigkeit</translation>
    </message>
    <message>
        <source>Automatic computes in 16 bits where the device does so natively: quicker, and probabilities move a little. Exact computes in 32 bits everywhere.</source>
        <translation>Automatisch rechnet mit 16 Bit, wo das Gerät es von sich aus kann: schneller, und Wahrscheinlichkeiten verschieben sich ein wenig. Exakt rechnet überall mit 32 Bit.</translation>
    </message>
    <message>
        <source>REAL up to</source>
        <translation>ECHT bis</translation>
    </message>
    <message>
        <source>Probability of fake up to which a video is called REAL. Empty: the checkpoint&apos;s own.</source>
        <translation>Wahrscheinlichkeit einer Fälschung, bis zu der ein Video ECHT heißt. Leer: die des Modells.</translation>
    </message>
    <message>
        <source>FAKE from</source>
        <translation>FÄLSCHUNG ab</translation>
    </message>
    <message>
        <source>Probability of fake from which a video is called FAKE. Empty: the checkpoint&apos;s own.</source>
        <translation>Wahrscheinlichkeit einer Fälschung, ab der ein Video FÄLSCHUNG heißt. Leer: die des Modells.</translation>
    </message>
    <message>
        <source>Windows spread over the whole video suit most files. The opening is quickest, every frame is slowest.</source>
        <translation>Über das ganze Video verteilte Fenster passen für die meisten Dateien. Der Anfang geht am schnellsten, jedes Bild am langsamsten.</translation>
    </message>
    <message>
        <source>HOG is fast on any machine. CNN finds more profiles, and is slow without a GPU.</source>
        <translation>HOG ist auf jedem Rechner schnell. CNN findet mehr Profile und ist ohne Grafikprozessor langsam.</translation>
    </message>
    <message>
        <source>Automatic takes a GPU where there is one.</source>
        <translation>Automatisch nimmt einen Grafikprozessor, wo es einen gibt.</translation>
    </message>
</context>
<context>
    <name>Commands</name>
    <message>
        <source>Open videos</source>
        <translation>Videos öffnen</translation>
    </message>
    <message>
        <source>Videos ({0})</source>
        <translation>Videos ({0})</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>There is no path on the clipboard.</source>
        <translation>In der Zwischenablage ist kein Pfad.</translation>
    </message>
    <message>
        <source>an address on the web: save the file first</source>
        <translation>eine Adresse im Netz: die Datei zuerst speichern</translation>
    </message>
    <message>
        <source>no such file</source>
        <translation>nicht vorhanden</translation>
    </message>
    <message>
        <source>not a video</source>
        <translation>kein Video</translation>
    </message>
    <message>
        <source>an empty file</source>
        <translation>leere Datei</translation>
    </message>
    <message>
        <source>no video inside</source>
        <translation>kein Video darin</translation>
    </message>
    <message>
        <source>may not be read</source>
        <translation>darf nicht gelesen werden</translation>
    </message>
    <message>
        <source>Sequence length</source>
        <translation>Sequenzlänge</translation>
    </message>
    <message>
        <source>Frames that the network reads at once:</source>
        <translation>Bilder, die das Netz auf einmal liest:</translation>
    </message>
    <message>
        <source>The self-test failed. No verdict is given until it passes.</source>
        <translation>Der Selbsttest ist fehlgeschlagen. Bis er besteht, wird kein Urteil gegeben.</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
</context>
<context>
    <name>Comparison</name>
    <message>
        <source>With other settings</source>
        <translation>Mit anderen Einstellungen</translation>
    </message>
    <message>
        <source>first, {0} frames</source>
        <translation>zuerst, {0} Bilder</translation>
    </message>
</context>
<context>
    <name>CropView</name>
    <message>
        <source>Face, large</source>
        <translation>Gesicht, groß</translation>
    </message>
    <message>
        <source>Choose a face</source>
        <translation>Ein Gesicht wählen</translation>
    </message>
</context>
<context>
    <name>DragHandle</name>
    <message>
        <source>Drag the result out as a file</source>
        <translation>Das Ergebnis als Datei herausziehen</translation>
    </message>
    <message>
        <source>Drag the result out as a file, or press to save it</source>
        <translation>Das Ergebnis als Datei herausziehen, oder drücken zum Speichern</translation>
    </message>
</context>
<context>
    <name>DropArea</name>
    <message>
        <source>Drop area for videos and folders</source>
        <translation>Ablage für Videos und Ordner</translation>
    </message>
    <message>
        <source>Drop videos or folders here</source>
        <translation>Videos oder Ordner hier ablegen</translation>
    </message>
    <message>
        <source>Open videos…</source>
        <translation>Videos öffnen …</translation>
    </message>
    <message>
        <source>Paste a path</source>
        <translation>Pfad einfügen</translation>
    </message>
    <message>
        <source>Authentic sample</source>
        <translation>Echtes Beispiel</translation>
    </message>
    <message>
        <source>Manipulated sample</source>
        <translation>Gefälschtes Beispiel</translation>
    </message>
    <message>
        <source>A short clip whose face was filmed</source>
        <translation>Ein kurzer Clip mit einem gefilmten Gesicht</translation>
    </message>
    <message>
        <source>The same clip with a re-synthesised face</source>
        <translation>Derselbe Clip mit einem nachgebildeten Gesicht</translation>
    </message>
    <message>
        <source>No video at hand? Try one:</source>
        <translation>Kein Video zur Hand? Beispiele:</translation>
    </message>
    <message>
        <source>Let go to analyse</source>
        <translation>Loslassen, um zu untersuchen</translation>
    </message>
    <message>
        <source>This cannot be analysed</source>
        <translation>Das kann nicht untersucht werden</translation>
    </message>
    <message>
        <source>Nothing here</source>
        <translation>Nichts hier</translation>
    </message>
    <message>
        <source>{0}: not a video</source>
        <translation>{0}: kein Video</translation>
    </message>
    <message>
        <source>{0} and most other formats</source>
        <translation>{0} und die meisten anderen Formate</translation>
    </message>
    <message numerus="yes">
        <source>%n video(s)</source>
        <translation>
            <numerusform>%n Video</numerusform>
            <numerusform>%n Videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s)</source>
        <translation>
            <numerusform>%n Ordner</numerusform>
            <numerusform>%n Ordner</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n model(s)</source>
        <translation>
            <numerusform>%n Modell</numerusform>
            <numerusform>%n Modelle</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) left out</source>
        <translation>
            <numerusform>%n Datei ausgelassen</numerusform>
            <numerusform>%n Dateien ausgelassen</numerusform>
        </translation>
    </message>
    <message>
        <source>One of four answers:</source>
        <translation>Eine von vier Antworten:</translation>
    </message>
    <message>
        <source>Everything stays on this computer. A result is evidence, not proof.</source>
        <translation>Alles bleibt auf diesem Rechner. Ein Ergebnis ist ein Indiz, kein Beweis.</translation>
    </message>
</context>
<context>
    <name>ErrorCard</name>
    <message>
        <source>Details of the error</source>
        <translation>Einzelheiten des Fehlers</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>The analysis was stopped before it had a result.</source>
        <translation>Die Untersuchung wurde angehalten, bevor sie ein Ergebnis hatte.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Open models</source>
        <translation>Modelle öffnen</translation>
    </message>
    <message>
        <source>Open settings</source>
        <translation>Einstellungen öffnen</translation>
    </message>
    <message>
        <source>Use the CPU</source>
        <translation>Auf der CPU rechnen</translation>
    </message>
    <message>
        <source>Use fewer frames</source>
        <translation>Weniger Bilder nehmen</translation>
    </message>
    <message>
        <source>Take the nearest length</source>
        <translation>Die nächste Länge nehmen</translation>
    </message>
    <message>
        <source>Remove from queue</source>
        <translation>Aus der Liste nehmen</translation>
    </message>
    <message>
        <source>Back to the result</source>
        <translation>Zurück zum Ergebnis</translation>
    </message>
    <message>
        <source>Save elsewhere…</source>
        <translation>Woanders speichern …</translation>
    </message>
    <message>
        <source>Carry on</source>
        <translation>Weiterarbeiten</translation>
    </message>
    <message>
        <source>Details</source>
        <extracomment>What a card may offer, by the error&apos;s code; the window knows how to do each. Where the headline says all that the engine&apos;s reason says.</extracomment>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>Einzelheiten kopieren</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
</context>
<context>
    <name>FacesModel</name>
    <message>
        <source>not scored</source>
        <translation>nicht bewertet</translation>
    </message>
</context>
<context>
    <name>FacesPanel</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Save this face</source>
        <translation>Dieses Gesicht speichern</translation>
    </message>
    <message>
        <source>Show every pixel as a square</source>
        <translation>Jedes Pixel als Quadrat zeigen</translation>
    </message>
    <message>
        <source>Faces appear here as they are found</source>
        <translation>Hier erscheinen die Gesichter, sobald sie gefunden werden</translation>
    </message>
    <message>
        <source>No face was found</source>
        <translation>Kein Gesicht gefunden</translation>
    </message>
    <message>
        <source>{0} px, from the frame on screen</source>
        <translation>{0} px, aus dem gezeigten Bild</translation>
    </message>
    <message>
        <source>as the analysis saw it</source>
        <translation>wie die Untersuchung es sah</translation>
    </message>
    <message>
        <source>1 face</source>
        <translation>1 Gesicht</translation>
    </message>
    <message>
        <source>{0} faces</source>
        <translation>{0} Gesichter</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Offline: nothing leaves this computer</source>
        <translation>Ohne Netz: nichts verlässt diesen Rechner</translation>
    </message>
</context>
<context>
    <name>MediaSource</name>
    <message>
        <source>There is no picture in this file.</source>
        <translation>In dieser Datei ist kein Bild.</translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>Class order</source>
        <translation>Klassenreihenfolge</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>State this order</source>
        <translation>Diese Reihenfolge angeben</translation>
    </message>
    <message>
        <source>No checkpoint is installed</source>
        <translation>Es ist kein Modell installiert</translation>
    </message>
    <message>
        <source>Add a .pt file to begin. The analysis needs at least one.</source>
        <translation>Fügen Sie eine .pt-Datei hinzu. Die Untersuchung braucht mindestens eine.</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation>Wird gelesen …</translation>
    </message>
    <message>
        <source>Nothing states which of its two outputs means FAKE. It is read as the published files are documented, and every result says so.</source>
        <translation>Nirgends steht, welche der beiden Ausgaben FÄLSCHUNG bedeutet. Es wird so gelesen, wie die veröffentlichten Dateien beschrieben sind, und jedes Ergebnis sagt das.</translation>
    </message>
    <message>
        <source>from its card</source>
        <translation>aus seiner Karte</translation>
    </message>
    <message>
        <source>known file</source>
        <translation>bekannte Datei</translation>
    </message>
    <message>
        <source>assumed</source>
        <translation>angenommen</translation>
    </message>
    <message>
        <source>Trained for</source>
        <translation>Trainiert für</translation>
    </message>
    <message>
        <source>{0} frames</source>
        <translation>{0} Bilder</translation>
    </message>
    <message>
        <source>Stated accuracy</source>
        <translation>Angegebene Genauigkeit</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netz</translation>
    </message>
    <message>
        <source>Traces</source>
        <translation>Spuren</translation>
    </message>
    <message>
        <source>Thresholds</source>
        <translation>Schwellen</translation>
    </message>
    <message>
        <source>REAL up to {0}, FAKE from {1}</source>
        <translation>ECHT bis {0}, FÄLSCHUNG ab {1}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>isotonic</source>
        <translation>isotonisch</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>Gemessen</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>Self-test</source>
        <translation>Selbsttest</translation>
    </message>
    <message>
        <source>Trained on</source>
        <translation>Trainiert mit</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Anmerkungen</translation>
    </message>
    <message>
        <source>{0}: AUC {1} (95 %: {2} to {3})</source>
        <translation>{0}: AUC {1} (95 %: {2} bis {3})</translation>
    </message>
    <message>
        <source>{0} fake, {1} real clips</source>
        <translation>{0} gefälschte, {1} echte Clips</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Installed checkpoints</source>
        <translation>Installierte Modelle</translation>
    </message>
    <message>
        <source>Drop a .pt file here to add it. It is checked and copied; nothing in it runs.</source>
        <translation>Legen Sie eine .pt-Datei hier ab, um sie hinzuzufügen. Sie wird geprüft und kopiert; nichts in ihr wird ausgeführt.</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>Hinzufügen …</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>{0} frames · {1} % stated</source>
        <translation>{0} Bilder · {1} % angegeben</translation>
    </message>
    <message>
        <source>Bundled checkpoints stay.</source>
        <translation>Mitgelieferte Modelle bleiben.</translation>
    </message>
    <message>
        <source>Checking {0}…</source>
        <translation>{0} wird geprüft …</translation>
    </message>
    <message>
        <source>Copying {0}…</source>
        <translation>{0} wird kopiert …</translation>
    </message>
    <message>
        <source>{0} was added.</source>
        <translation>{0} wurde hinzugefügt.</translation>
    </message>
    <message>
        <source>Add checkpoints</source>
        <translation>Modelle hinzufügen</translation>
    </message>
    <message>
        <source>Checkpoints (*.pt *.pth)</source>
        <translation>Modelle (*.pt *.pth)</translation>
    </message>
    <message>
        <source>Really remove</source>
        <translation>Wirklich entfernen</translation>
    </message>
    <message>
        <source>{0} will be deleted.</source>
        <translation>{0} wird gelöscht.</translation>
    </message>
</context>
<context>
    <name>NoticeBar</name>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message numerus="yes">
        <source>; and %n more</source>
        <translation>
            <numerusform>; und %n weitere</numerusform>
            <numerusform>; und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>Not added: {0}</source>
        <translation>Nicht hinzugefügt: {0}</translation>
    </message>
</context>
<context>
    <name>Player</name>
    <message>
        <source>Opening…</source>
        <translation>Wird geöffnet …</translation>
    </message>
    <message>
        <source>Played by the analysis decoder, without sound</source>
        <translation>Abgespielt vom Decoder der Untersuchung, ohne Ton</translation>
    </message>
    <message>
        <source>This video cannot be played: {0}</source>
        <translation>Dieses Video kann nicht abgespielt werden: {0}</translation>
    </message>
    <message>
        <source>Player</source>
        <translation>Player</translation>
    </message>
</context>
<context>
    <name>PlayerActions</name>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Go to the start</source>
        <translation>Zum Anfang</translation>
    </message>
    <message>
        <source>Previous frame</source>
        <translation>Voriges Bild</translation>
    </message>
    <message>
        <source>Next frame</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>Previous suspicious moment</source>
        <translation>Voriger verdächtiger Moment</translation>
    </message>
    <message>
        <source>Next suspicious moment</source>
        <translation>Nächster verdächtiger Moment</translation>
    </message>
    <message>
        <source>Next suspicious</source>
        <translation>Nächster Verdacht</translation>
    </message>
    <message>
        <source>Slower</source>
        <translation>Langsamer</translation>
    </message>
    <message>
        <source>Faster</source>
        <translation>Schneller</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>Show face boxes</source>
        <translation>Gesichtsrahmen zeigen</translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>Stumm</translation>
    </message>
    <message>
        <source>Louder</source>
        <translation>Lauter</translation>
    </message>
    <message>
        <source>Quieter</source>
        <translation>Leiser</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Verkleinern</translation>
    </message>
    <message>
        <source>Fit to the window</source>
        <translation>An das Fenster anpassen</translation>
    </message>
    <message>
        <source>Save this frame…</source>
        <translation>Dieses Bild speichern …</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
</context>
<context>
    <name>PlayerBar</name>
    <message>
        <source>Position</source>
        <translation>Stelle</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Speed: [ slower, ] faster</source>
        <translation>Tempo: [ langsamer, ] schneller</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>Lautstärke</translation>
    </message>
</context>
<context>
    <name>PlayerStage</name>
    <message>
        <source>Position in the video</source>
        <translation>Stelle im Video</translation>
    </message>
</context>
<context>
    <name>QueueModel</name>
    <message>
        <source>Starting</source>
        <translation>Beginnt</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
</context>
<context>
    <name>QueuePanel</name>
    <message>
        <source>Queue of videos</source>
        <translation>Liste der Videos</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Liste</translation>
    </message>
    <message>
        <source>Delete removes or cancels, Alt with an arrow key moves, R runs again</source>
        <translation>Entf nimmt heraus oder bricht ab, Alt mit Pfeiltaste verschiebt, R untersucht noch einmal</translation>
    </message>
    <message>
        <source>Add videos</source>
        <translation>Videos hinzufügen</translation>
    </message>
    <message>
        <source>Move up (Alt+Up)</source>
        <translation>Nach oben (Alt+Auf)</translation>
    </message>
    <message>
        <source>Move down (Alt+Down)</source>
        <translation>Nach unten (Alt+Ab)</translation>
    </message>
    <message>
        <source>Run again (R)</source>
        <translation>Noch einmal untersuchen (R)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Remove (Del)</source>
        <translation>Entfernen (Entf)</translation>
    </message>
    <message>
        <source>{0} of {1} done</source>
        <translation>{0} von {1} fertig</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>Noch einmal untersuchen</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
</context>
<context>
    <name>Saving</name>
    <message>
        <source>Save result</source>
        <translation>Ergebnis speichern</translation>
    </message>
    <message>
        <source>The summary is on the clipboard.</source>
        <translation>Die Zusammenfassung ist in der Zwischenablage.</translation>
    </message>
    <message>
        <source>Save frame</source>
        <translation>Bild speichern</translation>
    </message>
    <message>
        <source>Save face</source>
        <translation>Gesicht speichern</translation>
    </message>
    <message>
        <source>Saved: {0}</source>
        <translation>Gespeichert: {0}</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Save elsewhere…</source>
        <translation>Woanders speichern …</translation>
    </message>
</context>
<context>
    <name>ScoreScale</name>
    <message>
        <source>Score {0}; real up to {1}, fake from {2}</source>
        <translation>Wert {0}; echt bis {1}, Fälschung ab {2}</translation>
    </message>
    <message>
        <source>real</source>
        <translation>echt</translation>
    </message>
    <message>
        <source>inconclusive</source>
        <translation>unklar</translation>
    </message>
    <message>
        <source>fake</source>
        <translation>Fälschung</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Analyse again</source>
        <translation>Noch einmal untersuchen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>The new result appears beside the first one.</source>
        <translation>Das neue Ergebnis erscheint neben dem ersten.</translation>
    </message>
    <message>
        <source>Analysis</source>
        <translation>Untersuchung</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Erscheinungsbild</translation>
    </message>
    <message>
        <source>Takes effect when the program is started again.</source>
        <translation>Gilt nach einem Neustart des Programms.</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Checkpoints are searched here first. Empty: the usual folder.</source>
        <translation>Modelle werden zuerst hier gesucht. Leer: der übliche Ordner.</translation>
    </message>
    <message>
        <source>Models folder</source>
        <translation>Modellordner</translation>
    </message>
    <message>
        <source>Show “Look for a new version” in the menu</source>
        <translation>„Nach einer neuen Version sehen“ im Menü zeigen</translation>
    </message>
    <message>
        <source>The program never asks by itself. The click opens the page with the releases in your browser.</source>
        <translation>Das Programm fragt nie von selbst nach. Der Klick öffnet die Seite mit den Veröffentlichungen im Browser.</translation>
    </message>
    <message>
        <source>This copy knows no such page: it was not built for a release.</source>
        <translation>Dieses Exemplar kennt keine solche Seite: es wurde nicht für eine Veröffentlichung gebaut.</translation>
    </message>
    <message>
        <source>Reset to defaults</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
</context>
<context>
    <name>SettingsForm</name>
    <message>
        <source>The checkpoint&apos;s own</source>
        <translation>Die des Modells</translation>
    </message>
    <message>
        <source>REAL must end at or below where FAKE begins.</source>
        <translation>ECHT muss enden, bevor FÄLSCHUNG beginnt.</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>Clear the selection (Esc)</source>
        <translation>Auswahl aufheben (Esc)</translation>
    </message>
    <message>
        <source>Zoom to the selection</source>
        <translation>Auf die Auswahl vergrößern</translation>
    </message>
    <message>
        <source>Show more time (-)</source>
        <translation>Mehr Zeit zeigen (-)</translation>
    </message>
    <message>
        <source>Show less time, larger (+)</source>
        <translation>Weniger Zeit zeigen, größer (+)</translation>
    </message>
    <message>
        <source>Show the whole video (0)</source>
        <translation>Das ganze Video zeigen (0)</translation>
    </message>
    <message>
        <source>score per window: 0 authentic, 1 manipulated</source>
        <translation>Wert je Fenster: 0 echt, 1 manipuliert</translation>
    </message>
    <message>
        <source>selected {0} ({1} s)</source>
        <translation>ausgewählt {0} ({1} s)</translation>
    </message>
</context>
<context>
    <name>TimelineView</name>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>No face was scored</source>
        <translation>Kein Gesicht wurde bewertet</translation>
    </message>
    <message>
        <source>Scores appear here, one lane for each person</source>
        <translation>Hier erscheinen die Werte, eine Spur je Person</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Open videos</source>
        <translation>Videos öffnen</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Sequence length</source>
        <translation>Sequenzlänge</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message numerus="yes">
        <source>%n frames</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>Another sequence length</source>
        <translation>Andere Sequenzlänge</translation>
    </message>
    <message>
        <source>Another…</source>
        <translation>Andere …</translation>
    </message>
    <message>
        <source>Automatic: the most accurate for the length</source>
        <translation>Automatisch: das genaueste für die Länge</translation>
    </message>
    <message>
        <source>Checkpoint: automatic</source>
        <translation>Modell: automatisch</translation>
    </message>
    <message>
        <source>Checkpoint: automatic — {0} frames, {1} %</source>
        <translation>Modell: automatisch – {0} Bilder, {1} %</translation>
    </message>
    <message>
        <source>Checkpoint: {0}</source>
        <translation>Modell: {0}</translation>
    </message>
    <message>
        <source>No checkpoint installed</source>
        <translation>Kein Modell installiert</translation>
    </message>
    <message>
        <source>Manage models…</source>
        <translation>Modelle verwalten …</translation>
    </message>
</context>
<context>
    <name>VerdictPanel</name>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Preliminary</source>
        <translation>Vorläufig</translation>
    </message>
    <message>
        <source>Save result…</source>
        <translation>Speichern …</translation>
    </message>
    <message>
        <source>Copy summary</source>
        <translation>Text kopieren</translation>
    </message>
    <message>
        <source>What was examined</source>
        <translation>Was untersucht wurde</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>Grenzen</translation>
    </message>
    <message>
        <source>No result yet</source>
        <translation>Noch kein Ergebnis</translation>
    </message>
    <message>
        <source>Open a video, or drop one on the window.</source>
        <translation>Öffnen Sie ein Video, oder legen Sie eines im Fenster ab.</translation>
    </message>
    <message>
        <source>Examining…</source>
        <translation>Wird untersucht …</translation>
    </message>
    <message>
        <source>The first scores are on their way.</source>
        <translation>Die ersten Werte sind unterwegs.</translation>
    </message>
    <message>
        <source>The verdict follows when the program has passed its self-test.</source>
        <translation>Das Urteil folgt, wenn das Programm seinen Selbsttest bestanden hat.</translation>
    </message>
    <message>
        <source>The analysis still runs; this may change.</source>
        <translation>Die Untersuchung läuft noch; das kann sich ändern.</translation>
    </message>
    <message>
        <source>nothing to score</source>
        <translation>nichts zu bewerten</translation>
    </message>
    <message>
        <source>no verdict can be given</source>
        <translation>kein Urteil möglich</translation>
    </message>
    <message>
        <source>no verdict can be given, score {0} of 1</source>
        <translation>kein Urteil möglich, Wert {0} von 1</translation>
    </message>
    <message>
        <source>{0}, not calibrated: probably too sure</source>
        <translation>{0}, nicht kalibriert: vermutlich zu sicher</translation>
    </message>
    <message>
        <source>high confidence, {0} (calibrated)</source>
        <translation>hohe Sicherheit, {0} (kalibriert)</translation>
    </message>
    <message>
        <source>moderate confidence, {0} (calibrated)</source>
        <translation>mittlere Sicherheit, {0} (kalibriert)</translation>
    </message>
    <message>
        <source>low confidence, {0} (calibrated)</source>
        <translation>geringe Sicherheit, {0} (kalibriert)</translation>
    </message>
    <message>
        <source>{0} shows no sign of manipulation that this checkpoint knows.</source>
        <translation>{0} zeigt keine Spur von Manipulation, die dieses Modell kennt.</translation>
    </message>
    <message>
        <source>None of the {0} people shows a sign of manipulation that this checkpoint knows.</source>
        <translation>Keine der {0} Personen zeigt eine Spur von Manipulation, die dieses Modell kennt.</translation>
    </message>
    <message>
        <source>{0} look manipulated.</source>
        <translation>{0} wirken manipuliert.</translation>
    </message>
    <message>
        <source>{0} looks manipulated between {1} and {2}</source>
        <translation>{0} wirkt zwischen {1} und {2} manipuliert</translation>
    </message>
    <message>
        <source>{0} looks manipulated in every window</source>
        <translation>{0} wirkt in jedem Fenster manipuliert</translation>
    </message>
    <message>
        <source>{0} shows no sign of it.</source>
        <translation>{0} zeigt keine Spur davon.</translation>
    </message>
    <message>
        <source>{0} of the other people do not.</source>
        <translation>{0} der anderen Personen nicht.</translation>
    </message>
    <message>
        <source>{0} fps</source>
        <translation>{0} Bilder/s</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Traces</source>
        <translation>Spuren</translation>
    </message>
    <message>
        <source>What it reads from fine detail in the picture&apos;s own resolution, beside the network</source>
        <translation>Was es neben dem Netz aus feinen Einzelheiten in der eigenen Auflösung des Bildes liest</translation>
    </message>
    <message>
        <source>its file name says {0} accuracy</source>
        <translation>sein Dateiname nennt {0} Genauigkeit</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>Gemessen</translation>
    </message>
    <message>
        <source>no figures in its card; {0}</source>
        <translation>keine Zahlen in seiner Karte; {0}</translation>
    </message>
    <message>
        <source>Thresholds</source>
        <translation>Schwellen</translation>
    </message>
    <message>
        <source>REAL up to {0}, FAKE from {1}</source>
        <translation>ECHT bis {0}, FÄLSCHUNG ab {1}</translation>
    </message>
    <message>
        <source>Model SHA-256</source>
        <translation>Modell SHA-256</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>{0} examined, {1} with a face</source>
        <translation>{0} untersucht, {1} mit Gesicht</translation>
    </message>
    <message>
        <source>Windows</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>{0}, each of {1} frames, {2}</source>
        <translation>{0} zu je {1} Bildern, {2}</translation>
    </message>
    <message>
        <source>Self-test</source>
        <translation>Selbsttest</translation>
    </message>
    <message>
        <source>Video SHA-256</source>
        <translation>Video SHA-256</translation>
    </message>
    <message>
        <source>{0}, {1} s</source>
        <translation>{0}, {1} s</translation>
    </message>
    <message>
        <source>Computed on</source>
        <translation>Gerechnet auf</translation>
    </message>
    <message>
        <source>This is no proof on its own. The program judges faces only, not voices, words or scenes. New kinds of manipulation, small or blurred faces and strong compression can mislead it in both directions.</source>
        <translation>Für sich allein ist das kein Beweis. Das Programm beurteilt nur Gesichter, nicht Stimmen, Worte oder Szenen. Neue Arten der Manipulation, kleine oder unscharfe Gesichter und starke Kompression können es in beide Richtungen täuschen.</translation>
    </message>
    <message>
        <source>{0} frames</source>
        <translation>{0} Bilder</translation>
    </message>
    <message>
        <source>budget {0}</source>
        <translation>höchstens {0}</translation>
    </message>
    <message>
        <source>limits {0}, {1}</source>
        <translation>Schwellen {0}, {1}</translation>
    </message>
    <message>
        <source>same settings</source>
        <translation>gleiche Einstellungen</translation>
    </message>
</context>
<context>
    <name>VideoView</name>
    <message>
        <source>Video picture</source>
        <translation>Videobild</translation>
    </message>
    <message>
        <source>Space plays and pauses, left and right step one frame, plus and minus zoom.</source>
        <translation>Leertaste spielt ab und hält an, links und rechts gehen ein Bild weiter, Plus und Minus vergrößern.</translation>
    </message>
</context>
<context>
    <name>WelcomeDialog</name>
    <message>
        <source>What this program can say</source>
        <translation>Was dieses Programm sagen kann</translation>
    </message>
    <message>
        <source>It looks at the faces in a video and estimates whether they were swapped, re-synthesised or re-animated. It gives one of four answers:</source>
        <translation>Es betrachtet die Gesichter in einem Video und schätzt, ob sie vertauscht, nachgebildet oder neu belebt wurden. Es gibt eine von vier Antworten:</translation>
    </message>
    <message>
        <source>A face shows traces of manipulation.</source>
        <translation>Ein Gesicht zeigt Spuren von Manipulation.</translation>
    </message>
    <message>
        <source>No face shows traces that the network knows.</source>
        <translation>Kein Gesicht zeigt Spuren, die das Netz kennt.</translation>
    </message>
    <message>
        <source>The evidence is too thin, or it disagrees.</source>
        <translation>Die Indizien sind zu dünn oder widersprechen sich.</translation>
    </message>
    <message>
        <source>There was nothing to examine.</source>
        <translation>Es gab nichts zu untersuchen.</translation>
    </message>
    <message>
        <source>And what it cannot</source>
        <translation>Und was nicht</translation>
    </message>
    <message>
        <source>It is evidence, not proof. New kinds of fakes, heavy compression and small or blurred faces mislead it. REAL does not mean that nobody was deceived.</source>
        <translation>Es ist ein Indiz, kein Beweis. Neue Arten von Fälschungen, starke Kompression und kleine oder unscharfe Gesichter täuschen es. ECHT heißt nicht, dass niemand getäuscht wurde.</translation>
    </message>
    <message>
        <source>It does not examine voices, subtitles, places, or whether a true recording was put into a false context.</source>
        <translation>Es untersucht keine Stimmen, Untertitel oder Orte, und nicht, ob eine echte Aufnahme in einen falschen Zusammenhang gestellt wurde.</translation>
    </message>
    <message>
        <source>Nothing leaves this computer: videos are read where they are, and no connection is made.</source>
        <translation>Nichts verlässt diesen Rechner: Videos werden dort gelesen, wo sie sind, und es wird keine Verbindung aufgebaut.</translation>
    </message>
    <message>
        <source>Understood</source>
        <translation>Verstanden</translation>
    </message>
</context>
<context>
    <name>WindowActions</name>
    <message>
        <source>&amp;Open videos…</source>
        <translation>Videos ö&amp;ffnen …</translation>
    </message>
    <message>
        <source>Open &amp;folder…</source>
        <translation>&amp;Ordner öffnen …</translation>
    </message>
    <message>
        <source>&amp;Paste a path</source>
        <translation>&amp;Pfad einfügen</translation>
    </message>
    <message>
        <source>&amp;Save result as JSON…</source>
        <translation>Ergebnis als &amp;JSON speichern …</translation>
    </message>
    <message>
        <source>&amp;Copy summary</source>
        <translation>&amp;Zusammenfassung kopieren</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Analyse again</source>
        <translation>Noch einmal &amp;untersuchen</translation>
    </message>
    <message>
        <source>Analyse again with &amp;other settings…</source>
        <translation>Mit &amp;anderen Einstellungen untersuchen …</translation>
    </message>
    <message>
        <source>&amp;Cancel analysis</source>
        <translation>Untersuchung a&amp;bbrechen</translation>
    </message>
    <message>
        <source>Cancel a&amp;ll</source>
        <translation>A&amp;lle abbrechen</translation>
    </message>
    <message>
        <source>&amp;Next file</source>
        <translation>&amp;Nächste Datei</translation>
    </message>
    <message>
        <source>Pre&amp;vious file</source>
        <translation>&amp;Vorige Datei</translation>
    </message>
    <message>
        <source>&amp;Remove from queue</source>
        <translation>Aus der Liste &amp;nehmen</translation>
    </message>
    <message>
        <source>Go to the &amp;queue</source>
        <translation>Zur &amp;Liste</translation>
    </message>
    <message>
        <source>Go to the &amp;player</source>
        <translation>Zum &amp;Player</translation>
    </message>
    <message>
        <source>Go to the &amp;timeline</source>
        <translation>Zur &amp;Zeitleiste</translation>
    </message>
    <message>
        <source>Go to the &amp;verdict</source>
        <translation>Zum &amp;Urteil</translation>
    </message>
    <message>
        <source>Go to the p&amp;eople</source>
        <translation>Zu den P&amp;ersonen</translation>
    </message>
    <message>
        <source>As the &amp;system</source>
        <translation>Wie das &amp;System</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>&amp;Models…</source>
        <translation>&amp;Modelle …</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>&amp;Einstellungen …</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>What this program can &amp;say</source>
        <translation>&amp;Was dieses Programm sagen kann</translation>
    </message>
    <message>
        <source>Open the &amp;log folder</source>
        <translation>&amp;Protokollordner öffnen</translation>
    </message>
    <message>
        <source>Look for a &amp;new version (this is {0})</source>
        <translation>Nach einer &amp;neuen Version sehen (dies ist {0})</translation>
    </message>
    <message>
        <source>&amp;About Deepfake Desktop</source>
        <translation>Ü&amp;ber Deepfake Desktop</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Analysis</source>
        <translation>&amp;Untersuchung</translation>
    </message>
    <message>
        <source>&amp;Playback</source>
        <translation>&amp;Wiedergabe</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Appearance</source>
        <translation>&amp;Erscheinungsbild</translation>
    </message>
    <message>
        <source>&amp;Tools</source>
        <translation>&amp;Werkzeuge</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Analysis</source>
        <translation>Untersuchung</translation>
    </message>
    <message>
        <source>Player</source>
        <translation>Player</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Liste</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>Noch einmal untersuchen</translation>
    </message>
    <message>
        <source>Cancel or remove</source>
        <translation>Abbrechen oder entfernen</translation>
    </message>
    <message>
        <source>Del</source>
        <translation>Entf</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>Show more time</source>
        <translation>Mehr Zeit zeigen</translation>
    </message>
    <message>
        <source>Show less time</source>
        <translation>Weniger Zeit zeigen</translation>
    </message>
    <message>
        <source>Show the whole video</source>
        <translation>Das ganze Video zeigen</translation>
    </message>
    <message>
        <source>Clear the selection</source>
        <translation>Auswahl aufheben</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
</context>
<context>
    <name>_CheckpointBox</name>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>Eine Datei wählen …</translation>
    </message>
    <message>
        <source>Choose a checkpoint</source>
        <translation>Ein Modell wählen</translation>
    </message>
    <message>
        <source>Checkpoints (*.pt *.pth)</source>
        <translation>Modelle (*.pt *.pth)</translation>
    </message>
</context>
<context>
    <name>_DropHint</name>
    <message>
        <source>Drop videos or folders here</source>
        <translation>Videos oder Ordner hier ablegen</translation>
    </message>
</context>
<context>
    <name>choices</name>
    <message>
        <source>Spread over the video</source>
        <translation>Über das Video verteilt</translation>
    </message>
    <message>
        <source>Opening frames only</source>
        <translation>Nur der Anfang</translation>
    </message>
    <message>
        <source>Every frame</source>
        <translation>Jedes Bild</translation>
    </message>
    <message>
        <source>HOG (fast)</source>
        <translation>HOG (schnell)</translation>
    </message>
    <message>
        <source>CNN (thorough, slow)</source>
        <translation>CNN (gründlich, langsam)</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>NVIDIA GPU (CUDA)</source>
        <translation>NVIDIA-Grafikprozessor (CUDA)</translation>
    </message>
    <message>
        <source>Apple GPU (MPS)</source>
        <translation>Apple-Grafikprozessor (MPS)</translation>
    </message>
    <message>
        <source>Exact (32 bits)</source>
        <translation>Exakt (32 Bit)</translation>
    </message>
</context>
<context>
    <name>errors</name>
    <message>
        <source>The file cannot be read</source>
        <translation>Die Datei kann nicht gelesen werden</translation>
    </message>
    <message>
        <source>It was moved, deleted, changed meanwhile, or may not be read by you.</source>
        <translation>Sie wurde verschoben, gelöscht oder inzwischen geändert, oder Sie dürfen sie nicht lesen.</translation>
    </message>
    <message>
        <source>Check that it is still there, then try again.</source>
        <translation>Prüfen Sie, ob sie noch da ist, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>The file is empty</source>
        <translation>Die Datei ist leer</translation>
    </message>
    <message>
        <source>It has no bytes. A download or a copy was probably interrupted.</source>
        <translation>Sie hat keinen Inhalt. Vermutlich wurde ein Herunterladen oder Kopieren unterbrochen.</translation>
    </message>
    <message>
        <source>Fetch the file again.</source>
        <translation>Holen Sie die Datei noch einmal.</translation>
    </message>
    <message>
        <source>This is not a video</source>
        <translation>Das ist kein Video</translation>
    </message>
    <message>
        <source>Its content is in no video format that this program can read.</source>
        <translation>Ihr Inhalt ist in keinem Videoformat, das dieses Programm lesen kann.</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>Wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>There is no picture in this file</source>
        <translation>In dieser Datei ist kein Bild</translation>
    </message>
    <message>
        <source>It holds sound or subtitles only.</source>
        <translation>Sie enthält nur Ton oder Untertitel.</translation>
    </message>
    <message>
        <source>Choose a file with a picture.</source>
        <translation>Wählen Sie eine Datei mit Bild.</translation>
    </message>
    <message>
        <source>The video is damaged</source>
        <translation>Das Video ist beschädigt</translation>
    </message>
    <message>
        <source>The file opens, but not one picture of it can be decoded.</source>
        <translation>Die Datei lässt sich öffnen, aber kein einziges Bild lässt sich decodieren.</translation>
    </message>
    <message>
        <source>Fetch the file again, or try another copy.</source>
        <translation>Holen Sie die Datei noch einmal, oder nehmen Sie eine andere Kopie.</translation>
    </message>
    <message>
        <source>No model is installed</source>
        <translation>Kein Modell installiert</translation>
    </message>
    <message>
        <source>The analysis needs a trained network (a checkpoint), and found none.</source>
        <translation>Die Untersuchung braucht ein trainiertes Netz (ein Modell) und hat keines gefunden.</translation>
    </message>
    <message>
        <source>Add one in Models.</source>
        <translation>Fügen Sie unter Modelle eines hinzu.</translation>
    </message>
    <message>
        <source>No model for this sequence length</source>
        <translation>Kein Modell für diese Sequenzlänge</translation>
    </message>
    <message>
        <source>No installed checkpoint was trained for exactly this many frames.</source>
        <translation>Kein installiertes Modell wurde für genau so viele Bilder trainiert.</translation>
    </message>
    <message>
        <source>Choose another length, or add a checkpoint in Models.</source>
        <translation>Wählen Sie eine andere Länge, oder fügen Sie unter Modelle eines hinzu.</translation>
    </message>
    <message>
        <source>The model file cannot be used</source>
        <translation>Die Modelldatei ist nicht brauchbar</translation>
    </message>
    <message>
        <source>It is cut short, or it is no PyTorch checkpoint.</source>
        <translation>Sie ist abgeschnitten, oder sie ist kein PyTorch-Modell.</translation>
    </message>
    <message>
        <source>Fetch it again, or choose another one in Models.</source>
        <translation>Holen Sie sie noch einmal, oder wählen Sie unter Modelle eine andere.</translation>
    </message>
    <message>
        <source>The model file is not safe</source>
        <translation>Die Modelldatei ist nicht sicher</translation>
    </message>
    <message>
        <source>It holds more than numbers and could run code. It was not loaded.</source>
        <translation>Sie enthält mehr als Zahlen und könnte Code ausführen. Sie wurde nicht geladen.</translation>
    </message>
    <message>
        <source>Use a plain state dict from a source you trust.</source>
        <translation>Nehmen Sie ein einfaches State-Dict aus einer Quelle, der Sie vertrauen.</translation>
    </message>
    <message>
        <source>The model file belongs to another network</source>
        <translation>Die Modelldatei gehört zu einem anderen Netz</translation>
    </message>
    <message>
        <source>Its weights do not fit the networks that this program knows.</source>
        <translation>Ihre Gewichte passen zu keinem Netz, das dieses Programm kennt.</translation>
    </message>
    <message>
        <source>Choose another checkpoint in Models.</source>
        <translation>Wählen Sie unter Modelle ein anderes.</translation>
    </message>
    <message>
        <source>The model&apos;s card is not valid</source>
        <translation>Die Karte des Modells ist ungültig</translation>
    </message>
    <message>
        <source>The file that describes the checkpoint cannot be used.</source>
        <translation>Die Datei, die das Modell beschreibt, ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>Copy the checkpoint and its card again, together.</source>
        <translation>Kopieren Sie das Modell und seine Karte noch einmal, zusammen.</translation>
    </message>
    <message>
        <source>Not enough memory</source>
        <translation>Nicht genug Speicher</translation>
    </message>
    <message>
        <source>The analysis needed more memory than this device has free.</source>
        <translation>Die Untersuchung brauchte mehr Speicher, als auf diesem Gerät frei ist.</translation>
    </message>
    <message>
        <source>Run it on the CPU, or with fewer frames.</source>
        <translation>Rechnen Sie auf der CPU oder mit weniger Bildern.</translation>
    </message>
    <message>
        <source>The file could not be written</source>
        <translation>Die Datei konnte nicht geschrieben werden</translation>
    </message>
    <message>
        <source>The disk may be full, or the folder may not be written to.</source>
        <translation>Der Datenträger ist vielleicht voll, oder der Ordner ist schreibgeschützt.</translation>
    </message>
    <message>
        <source>Choose another place, or make room.</source>
        <translation>Wählen Sie einen anderen Ort, oder schaffen Sie Platz.</translation>
    </message>
    <message>
        <source>These settings do not go together</source>
        <translation>Diese Einstellungen passen nicht zusammen</translation>
    </message>
    <message>
        <source>The analysis was asked for something impossible.</source>
        <translation>Von der Untersuchung wurde etwas Unmögliches verlangt.</translation>
    </message>
    <message>
        <source>Open the settings and change them, or reset them.</source>
        <translation>Öffnen Sie die Einstellungen, und ändern Sie sie oder setzen Sie sie zurück.</translation>
    </message>
    <message>
        <source>The self-test failed</source>
        <translation>Der Selbsttest ist fehlgeschlagen</translation>
    </message>
    <message>
        <source>The program no longer computes what it computed when it was built.</source>
        <translation>Das Programm rechnet nicht mehr, was es bei seiner Herstellung gerechnet hat.</translation>
    </message>
    <message>
        <source>No verdict is given. Install the program again, with the library versions that it was released with.</source>
        <translation>Es wird kein Urteil gegeben. Das Programm neu installieren, mit den Bibliotheken, mit denen es veröffentlicht wurde.</translation>
    </message>
    <message>
        <source>The analysis stopped by itself</source>
        <translation>Die Untersuchung ist von selbst stehen geblieben</translation>
    </message>
    <message>
        <source>Its process ended without a word: a video decoder, a driver or the memory may be at fault. The window and its other results are safe.</source>
        <translation>Ihr Prozess endete ohne ein Wort: Ein Videodecoder, ein Treiber oder der Speicher kann schuld sein. Das Fenster und seine anderen Ergebnisse sind sicher.</translation>
    </message>
    <message>
        <source>Try again, or with fewer frames.</source>
        <translation>Versuchen Sie es noch einmal, oder mit weniger Bildern.</translation>
    </message>
    <message>
        <source>Something went wrong</source>
        <translation>Etwas ist schiefgegangen</translation>
    </message>
    <message>
        <source>The program met an error that it did not expect. It was written to the log.</source>
        <translation>Das Programm stieß auf einen Fehler, den es nicht erwartet hat. Er steht im Protokoll.</translation>
    </message>
    <message>
        <source>Try again. If it stays, copy the details for whoever maintains the program.</source>
        <translation>Versuchen Sie es noch einmal. Bleibt er, kopieren Sie die Einzelheiten für die, die das Programm pflegen.</translation>
    </message>
</context>
<context>
    <name>exports</name>
    <message>
        <source>calibrated confidence {0}</source>
        <translation>kalibrierte Sicherheit {0}</translation>
    </message>
    <message>
        <source>Video SHA-256: {0}</source>
        <translation>Video SHA-256: {0}</translation>
    </message>
    <message>
        <source>Checkpoint: {0} (SHA-256 {1})</source>
        <translation>Modell: {0} (SHA-256 {1})</translation>
    </message>
    <message>
        <source>Traces it reads: {0}</source>
        <translation>Spuren, die es liest: {0}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Frames examined: {0}, with a face: {1}</source>
        <translation>Bilder untersucht: {0}, mit Gesicht: {1}</translation>
    </message>
    <message>
        <source>Deepfake Desktop, {0}</source>
        <translation>Deepfake Desktop, {0}</translation>
    </message>
    <message>
        <source>A result is evidence, not proof.</source>
        <translation>Ein Ergebnis ist ein Indiz, kein Beweis.</translation>
    </message>
</context>
<context>
    <name>formats</name>
    <message>
        <source>looks manipulated</source>
        <extracomment>The space between a figure and its unit.</extracomment>
        <translation>wirkt manipuliert</translation>
    </message>
    <message>
        <source>looks authentic</source>
        <translation>wirkt echt</translation>
    </message>
    <message>
        <source>in between</source>
        <translation>dazwischen</translation>
    </message>
    <message>
        <source>no face</source>
        <translation>kein Gesicht</translation>
    </message>
</context>
<context>
    <name>reasons</name>
    <message>
        <source>No face was found in the examined frames. Faces must be turned towards the camera and not be tiny.</source>
        <translation>In den untersuchten Bildern wurde kein Gesicht gefunden. Gesichter müssen der Kamera zugewandt und nicht winzig sein.</translation>
    </message>
    <message>
        <source>The face was seen in only {frames} of the examined frames.</source>
        <translation>Das Gesicht war nur in {frames} der untersuchten Bilder zu sehen.</translation>
    </message>
    <message>
        <source>The face is small, {face_px} pixels wide.</source>
        <translation>Das Gesicht ist klein, {face_px} Pixel breit.</translation>
    </message>
    <message>
        <source>The face is blurred; fine traces may be lost.</source>
        <translation>Das Gesicht ist unscharf; feine Spuren können verloren sein.</translation>
    </message>
    <message>
        <source>The face is overexposed: {share} of it is as bright as can be.</source>
        <translation>Das Gesicht ist überbelichtet: {share} davon ist so hell, wie es geht.</translation>
    </message>
    <message>
        <source>The face is noisy, and noise makes fakes look like camera video.</source>
        <translation>Das Gesicht rauscht, und Rauschen lässt Fälschungen wie Kameravideo aussehen.</translation>
    </message>
    <message>
        <source>The face is often turned away or covered; it was followed, not detected, in {share} of the searched frames.</source>
        <translation>Das Gesicht ist oft abgewandt oder verdeckt; in {share} der durchsuchten Bilder wurde es verfolgt statt erkannt.</translation>
    </message>
    <message>
        <source>{people} people were scored on their own; person {id} decides, as the most suspicious one.</source>
        <translation>{people} Personen wurden einzeln bewertet; Person {id} entscheidet, als die verdächtigste.</translation>
    </message>
    <message>
        <source>Person {id} scores {p_fake} fake, but is seen too poorly to decide.</source>
        <translation>Person {id} erreicht {p_fake} Fälschung, ist aber zu schlecht zu sehen, um zu entscheiden.</translation>
    </message>
    <message>
        <source>The score, {p_fake} fake, lies between what this checkpoint calls REAL (up to {real}) and FAKE (from {fake}).</source>
        <translation>Der Wert, {p_fake} Fälschung, liegt zwischen dem, was dieses Modell ECHT nennt (bis {real}), und FÄLSCHUNG (ab {fake}).</translation>
    </message>
    <message>
        <source>The windows disagree: {fake} of {windows} look fake, {real} look real.</source>
        <translation>Die Fenster widersprechen sich: {fake} von {windows} wirken gefälscht, {real} wirken echt.</translation>
    </message>
    <message>
        <source>{agreeing} of {windows} windows look manipulated.</source>
        <translation>{agreeing} von {windows} Fenstern wirken manipuliert.</translation>
    </message>
    <message>
        <source>The one window that was examined looks manipulated.</source>
        <translation>Das eine untersuchte Fenster wirkt manipuliert.</translation>
    </message>
    <message>
        <source>{agreeing} of {windows} windows look authentic.</source>
        <translation>{agreeing} von {windows} Fenstern wirken echt.</translation>
    </message>
    <message>
        <source>The one window that was examined looks authentic.</source>
        <translation>Das eine untersuchte Fenster wirkt echt.</translation>
    </message>
    <message>
        <source>Look at {start_s} to {end_s}: that window alone scores {p_fake} fake.</source>
        <translation>Sehen Sie sich {start_s} bis {end_s} an: Dieses Fenster allein erreicht {p_fake} Fälschung.</translation>
    </message>
    <message>
        <source>Out of memory, went on in batches of {batch}.</source>
        <translation>Der Speicher reichte nicht, weiter in Stapeln zu {batch}.</translation>
    </message>
    <message>
        <source>Out of memory on the GPU, went on in batches of {batch}.</source>
        <translation>Der Speicher der Grafikkarte reichte nicht, weiter in Stapeln zu {batch}.</translation>
    </message>
    <message>
        <source>Out of memory on the GPU, went on on the CPU.</source>
        <translation>Der Speicher der Grafikkarte reichte nicht, weiter auf dem Prozessor.</translation>
    </message>
    <message>
        <source>The checkpoint was trained for {trained_for} frames and is used with {frames}.</source>
        <translation>Das Modell wurde für {trained_for} Bilder trainiert und wird mit {frames} benutzt.</translation>
    </message>
    <message>
        <source>Nothing states the class order of this checkpoint. [{order}] is assumed, as its documentation says; if that is wrong, REAL and FAKE are swapped.</source>
        <translation>Die Klassenreihenfolge dieses Modells steht nirgends. [{order}] wird angenommen, wie seine Dokumentation sagt; ist das falsch, sind ECHT und FÄLSCHUNG vertauscht.</translation>
    </message>
    <message>
        <source>This checkpoint was never calibrated: its percentages are the network&apos;s own and tend to be too sure.</source>
        <translation>Dieses Modell wurde nie kalibriert: Seine Prozente sind die des Netzes und neigen dazu, zu sicher zu sein.</translation>
    </message>
    <message>
        <source>{packets} damaged piece(s) of the video were skipped.</source>
        <translation>Beschädigte Stücke des Videos wurden übersprungen: {packets}.</translation>
    </message>
    <message>
        <source>{frames} damaged frame(s) were left out.</source>
        <translation>Beschädigte Bilder wurden ausgelassen: {frames}.</translation>
    </message>
    <message>
        <source>The file is cut off: it holds {held_s} of {declared_s}.</source>
        <translation>Die Datei ist abgeschnitten: Sie enthält {held_s} von {declared_s}.</translation>
    </message>
</context>
<context>
    <name>wording</name>
    <message>
        <source>FAKE</source>
        <translation>FÄLSCHUNG</translation>
    </message>
    <message>
        <source>REAL</source>
        <translation>ECHT</translation>
    </message>
    <message>
        <source>INCONCLUSIVE</source>
        <translation>UNKLAR</translation>
    </message>
    <message>
        <source>NO FACE</source>
        <translation>KEIN GESICHT</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>face swap</source>
        <translation>Gesichtstausch</translation>
    </message>
    <message>
        <source>lip sync</source>
        <translation>Lippen</translation>
    </message>
    <message>
        <source>reenactment</source>
        <translation>Nachgestelltes</translation>
    </message>
    <message>
        <source>talking head</source>
        <translation>sprechender Kopf</translation>
    </message>
    <message>
        <source>texture</source>
        <translation>Textur</translation>
    </message>
    <message>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
    <message>
        <source>{0} left</source>
        <translation>noch {0}</translation>
    </message>
    <message>
        <source>comes with the program</source>
        <translation>gehört zum Programm</translation>
    </message>
    <message>
        <source>Person {0}</source>
        <translation>Person {0}</translation>
    </message>
    <message>
        <source>passed, {0}</source>
        <translation>bestanden, {0}</translation>
    </message>
    <message>
        <source>failed, {0}: no verdict is given</source>
        <translation>fehlgeschlagen, {0}: kein Urteil</translation>
    </message>
    <message>
        <source>none: no scores are stored for this checkpoint</source>
        <translation>keiner: für dieses Modell sind keine Werte hinterlegt</translation>
    </message>
    <message>
        <source>runs before the first verdict</source>
        <translation>läuft vor dem ersten Urteil</translation>
    </message>
    <message>
        <source>Opening</source>
        <translation>Wird geöffnet</translation>
    </message>
    <message>
        <source>Reading frames</source>
        <translation>Bilder werden gelesen</translation>
    </message>
    <message>
        <source>Finding faces</source>
        <translation>Gesichter werden gesucht</translation>
    </message>
    <message>
        <source>Scoring faces</source>
        <translation>Gesichter werden bewertet</translation>
    </message>
    <message>
        <source>Weighing the evidence</source>
        <translation>Indizien werden abgewogen</translation>
    </message>
</context>
</TS>
