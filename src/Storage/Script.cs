using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Intotes.Chat.Storage;

/// <summary>
/// A Lua script, embedded from the file beside its store. Lines of its header that begin with <c>-- @</c> are for the service:
/// <list type="bullet">
/// <item><c>@include name</c> is replaced by that file, the first time that it is named.</item>
/// <item><c>@durable</c>: what it writes is acknowledged to a caller, so replicas must have it where the service waits for replicas.
/// <c>@durable except a, b</c>: not where its reply begins with one of these words, because then it has changed nothing.</item>
/// <item><c>@read</c>: a read that waits for its turn (see <see cref="ReadBulkhead"/>). <c>@bulk</c>: the same on the bulk connection, for large replies.</item>
/// </list>
/// The class <c>Scripts</c>, made by the build, has one member for each file.
/// </summary>
public sealed partial class Script
{
    private readonly string? refusals;

    private Script(string name, string text)
    {
        (Name, Text, Hash) = (name, text, Sha1(text));
        foreach (Match line in DirectiveLine().Matches(text))
        {
            switch (line.Groups[1].Value, line.Groups[2].Value)
            {
                case ("durable", var except) when except.Length == 0 || except.StartsWith("except ", StringComparison.Ordinal):
                    (IsDurable, refusals) = (true, except.Replace("except ", "", StringComparison.Ordinal));
                    break;
                case ("read", ""):
                    IsRead = true;
                    break;
                case ("bulk", ""):
                    IsBulk = true;
                    break;
                default:
                    throw new InvalidOperationException($"{name}.lua has an unknown line: {line.Value}");
            }
        }
    }

    /// <summary>The file's name without its ending; also <c>db.stored_procedure.name</c> of its spans.</summary>
    public string Name { get; }

    /// <summary>The text that Redis is given: the file with its includes.</summary>
    public string Text { get; }

    /// <summary>By what EVALSHA names the text.</summary>
    public byte[] Hash { get; }

    /// <summary>Whether what it writes should outlive the server that wrote it.</summary>
    public bool IsDurable { get; }

    /// <summary>Whether it is one of the reads that wait for each other (see <see cref="ReadBulkhead"/>).</summary>
    public bool IsRead { get; }

    /// <summary>Whether its reply may be large, so that it takes the bulk connection.</summary>
    public bool IsBulk { get; }

    /// <summary>
    /// The same script, which takes one more key, the last: a marker that it writes besides, for <see cref="Replicas"/>. Its reply is { the script's own reply,
    /// 1 where it left a marker, 0 where the script refused }: a refusal needs no replica.
    /// </summary>
    public Script Marked => field ??= new Script(Name, MarksFrom + Text + MarksTo.Replace("REFUSALS", string.Join(", ", Refusals.Select(word => word + " = true")), StringComparison.Ordinal));

    /// <summary>The first words of replies that change nothing that must be kept.</summary>
    internal IEnumerable<string> Refusals => refusals is { Length: > 0 } words ? words.Split(", ") : [];

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

    internal static Script Load(string name) => new(name, Read(name, [], []));

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by SHA-1; nothing is secured by it.")]
    private static byte[] Sha1(string text) => SHA1.HashData(Encoding.UTF8.GetBytes(text));

    /// <param name="name">The file.</param>
    /// <param name="including">The files that include this one.</param>
    /// <param name="included">The files that the script includes already.</param>
    private static string Read(string name, string[] including, HashSet<string> included) => IncludeLine().Replace(Open(name), line =>
    {
        var other = line.Groups[1].Value;
        return including.Contains(other) || other == name ? throw new InvalidOperationException($"{name}.lua includes {other}.lua, which includes it.")
            : included.Add(other) ? Read(other, [.. including, name], included)
            : "";
    });

    private static string Open(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^-- @include (\w+)$", RegexOptions.Multiline)]
    private static partial Regex IncludeLine();

    [GeneratedRegex(@"^-- @(\w*) ?(.*)$", RegexOptions.Multiline)]
    private static partial Regex DirectiveLine();
}
