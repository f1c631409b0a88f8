using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Intotes.Chat.Storage;

/// <summary>
/// A Lua script, embedded from the file beside its store. A line <c>-- include: name</c> is replaced by that file, as in a C header.
/// The class <c>Scripts</c>, made by the build, has one member for each file.
/// </summary>
public sealed partial class Script
{
    private Script(string name, string text) =>
        (Name, Text, Hash, IsKeptOnReplicas, IsRead, IsBulk) = (
            name,
            text,
            Sha1(text),
            text.Contains("\n-- Kept   on replicas", StringComparison.Ordinal),
            text.Contains("\n-- Waits  with other reads", StringComparison.Ordinal),
            text.Contains("\n-- Waits  with bulk reads", StringComparison.Ordinal));

    /// <summary>The file's name without its ending; also <c>db.stored_procedure.name</c> of its spans.</summary>
    public string Name { get; }

    /// <summary>What Redis is given: the file with its includes.</summary>
    public string Text { get; }

    /// <summary>By what EVALSHA names the text.</summary>
    public byte[] Hash { get; }

    /// <summary>Whether what it writes is acknowledged to somebody, so that it should outlive the server that wrote it; its header says so.</summary>
    public bool IsKeptOnReplicas { get; }

    /// <summary>Whether it is one of the reads that wait for each other (see <see cref="ReadBulkhead"/>); its header says so.</summary>
    public bool IsRead { get; }

    /// <summary>Whether its answer may be large, so that it takes the bulk connection; its header says so.</summary>
    public bool IsBulk { get; }

    /// <summary>
    /// The same script, which takes one more key, the last: a marker that it writes besides, for <see cref="Replicas"/>. Its reply is { the script's own reply,
    /// 1 where it left a marker, 0 where the script refused }: a refusal needs no replica.
    /// </summary>
    public Script Marked => field ??= new Script(Name, MarksFrom + Text + MarksTo.Replace("REFUSALS", string.Join(", ", Refusals.Select(word => word + " = true")), StringComparison.Ordinal));

    /// <summary>The first words of replies that change nothing that must be kept; its header names them.</summary>
    private IEnumerable<string> Refusals => RefusedLine().Match(Text) is { Success: true } line ? line.Groups[1].Value.Split(", ") : [];

    private const string MarksFrom = "local marker = table.remove(KEYS)\nlocal function run()\n";

    /// <summary>
    /// The marker comes last, so that it makes nothing possible that Redis would refuse the script, nor stops what is permitted, such as erasing while the
    /// memory is full. Redis refuses SET then, but not as a script's second write, so UNLINK goes first.
    /// </summary>
    private const string MarksTo = """

        end
        local reply = run()
        if ({ REFUSALS })[type(reply) == 'table' and reply[1] or reply] then
          return { reply, 0 }
        end
        redis.pcall('UNLINK', marker)
        redis.pcall('SET', marker, '', 'PX', 15000)
        return { reply, 1 }
        """;

    internal static Script Load(string name) => new(name, Read(name));

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by SHA-1; nothing is secured by it.")]
    private static byte[] Sha1(string text) => SHA1.HashData(Encoding.UTF8.GetBytes(text));

    private static string Read(string name) => IncludeLine().Replace(Open(name), m => Read(m.Groups[1].Value));

    private static string Open(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^-- include: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex IncludeLine();

    [GeneratedRegex(@"^-- Refused by ([\w, ]+): ", RegexOptions.Multiline)]
    private static partial Regex RefusedLine();
}
