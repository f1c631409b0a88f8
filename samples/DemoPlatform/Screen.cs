namespace DemoPlatform;

/// <summary>Prints the conversation as it happens: coloured on a terminal, plain when redirected or NO_COLOR is set.</summary>
public sealed class Screen
{
    private static readonly string[] Colours = ["36", "33", "35", "32"];
    private readonly bool _plain = Console.IsOutputRedirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly List<string> _names = [];

    public void Title(string text) => Console.WriteLine($"\n{Paint("1", text)}\n");

    public void Says(string name, string text) => Console.WriteLine($"  {Name(name)}  {text}");

    /// <summary>What somebody does, or is shown by the system.</summary>
    public void Notes(string name, string text) => Console.WriteLine($"  {Name(name)}  {Paint("2", $"({text})")}");

    private string Name(string name)
    {
        if (!_names.Contains(name))
            _names.Add(name);
        return Paint($"1;{Colours[_names.IndexOf(name) % Colours.Length]}", name.PadLeft(9));
    }

    private string Paint(string style, string text) => _plain ? text : $"\e[{style}m{text}\e[0m";
}
