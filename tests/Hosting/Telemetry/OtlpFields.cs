using Google.Protobuf;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>
/// A protobuf message as its bare fields by number, in the order in which they came. The numbers are those of the OpenTelemetry protocol (OTLP 1),
/// which never change.
/// </summary>
public sealed class OtlpFields
{
    private readonly List<(int Number, ulong Value, ByteString? Bytes)> fields = [];

    public OtlpFields(ByteString message)
    {
        var input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => (number, input.ReadUInt64(), null),
                WireFormat.WireType.Fixed64 => (number, input.ReadFixed64(), null),
                WireFormat.WireType.Fixed32 => (number, input.ReadFixed32(), null),
                WireFormat.WireType.LengthDelimited => (number, 0, input.ReadBytes()),
                var other => throw new InvalidDataException($"Field {number} has wire type {other}."),
            });
        }
    }

    public bool Has(int number) => fields.Exists(field => field.Number == number);

    /// <summary>Each message in a repeated field.</summary>
    public IEnumerable<OtlpFields> Messages(int number) => fields.Where(field => field.Number == number).Select(field => new OtlpFields(field.Bytes!));

    /// <summary>The message in a field, empty where there is none.</summary>
    public OtlpFields Message(int number) => Messages(number).SingleOrDefault() ?? new OtlpFields(ByteString.Empty);

    public string Text(int number) => Bytes(number).ToStringUtf8();

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).Span);

    public ulong Number(int number) => fields.Find(field => field.Number == number).Value;

    public double Real(int number) => BitConverter.UInt64BitsToDouble(Number(number));

    /// <summary>The attributes in a field, their values as text.</summary>
    public IReadOnlyDictionary<string, string> Attributes(int number) => Messages(number).ToDictionary(pair => pair.Text(1), pair => Value(pair.Message(2)));

    private ByteString Bytes(int number) => fields.Find(field => field.Number == number).Bytes ?? ByteString.Empty;

    private static string Value(OtlpFields value) => value switch
    {
        _ when value.Has(1) => value.Text(1),
        _ when value.Has(2) => value.Number(2) != 0 ? "True" : "False",
        _ when value.Has(3) => $"{(long)value.Number(3)}",
        _ when value.Has(4) => $"{value.Real(4)}",
        _ when value.Has(5) => string.Join(',', value.Message(5).Messages(1).Select(Value)),
        _ => "",
    };
}
